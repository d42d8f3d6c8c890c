// The page of a rule, with headings that are the same on all.

import { printPattern } from '../../packages/matcher/dist/index.js'
import { conditions } from './conditions.mjs'
import { exampleOf } from './example.mjs'
import { families } from './families.mjs'

/** @typedef {import('../../packages/matcher/dist/index.js').Rule} Rule */
/** @typedef {import('./plugins.mjs').Shipped} Shipped */
/** @typedef {import('./passes.mjs').Rewrite} Rewrite */
/** @typedef {{ rule: Rule, shipped: Shipped }} Registered */

/** What `bits` and `real` mean; see docs of `Exactness`. */
const exactnesses = {
  bits: "`bits`: the numbers of PyTorch's own fusion, bit for bit, or no number changes at all.",
  real: '`real`: equal in real arithmetic; rounding differs.',
  border: "`border`: equal but where a convolution's window lies over its padding.",
}

const headings = ['Pattern', 'Conditions', 'Result', 'Numerics', 'Not fused when']

/**
 * @param {string} title
 * @param {string} introduction
 * @param {readonly string[]} sections the texts below the headings
 */
const pageOf = (title, introduction, sections) => `# ${title}

<!-- Written by \`node scripts/rule-pages.mjs --write\`, from the rule and from scripts/rule-pages. -->

${introduction}

${headings.map((heading, i) => `## ${heading}\n\n${sections[i]?.trim()}\n`).join('\n')}`

/** @param {readonly string[]} lines */
const list = (lines) => lines.map((line) => `* ${line}`).join('\n')

/** @param {readonly string[]} reasons */
const leftSection = (reasons) => `${
  reasons.length > 0
    ? `A report gives the reason, with names and numbers at the dots:

${list(reasons.map((reason) => `\`${reason}\``))}

`
    : ''
}What keeps layers from every rule stands [on the page of all rules](README.md#what-is-checked-for-every-rule); what to
do about a reason, in [reading a report](../reading-a-report.md#what-the-reasons-mean).`

/** @param {Registered} registered */
const familyOf = ({ rule: { name }, shipped: { folder } }) => {
  const family = families.find((one) => one.folder === folder && one.rules.test(name))
  if (family === undefined)
    throw new Error(`${name} of ${folder} is in none of scripts/rule-pages/families.mjs`)
  return family
}

/**
 * @param {Registered} registered
 * @param {readonly Registered[]} all
 */
const conditionsOf = (registered, all) => {
  const { rule, shipped } = registered
  const { conditionsOf: like } = familyOf(registered)
  const other = all.find(({ rule: { name } }) => name === like)?.rule ?? rule
  if (other.guards.length !== rule.guards.length)
    throw new Error(`${rule.name} has other conditions than ${other.name}`)
  return other.guards.map(({ name }) => {
    const condition = conditions[shipped.folder]?.[name]
    if (condition === undefined)
      throw new Error(`${rule.name}: "${name}" is not in scripts/rule-pages/conditions.mjs`)
    return condition
  })
}

/** @param {Rule} rule */
const patternSection = ({ pattern, benefit }) => {
  const printed = printPattern(pattern)
  const text = pattern.isChain
    ? printed.map((kind) => `\`${kind}\``).join(', then ')
    : `\`${printed.join(', ')}\``
  const preferred =
    benefit > 0
      ? `\n\nAmong rules for as many layers, those with a higher benefit go first; this one has ${benefit}.`
      : ''
  const letters = pattern.isChain
    ? ''
    : '\n\nWhat stands in parentheses are the inputs, small letters are any values, equal letters the same value.'
  return `${text}${letters}${preferred}`
}

/** @param {Rule} rule @param {string} result */
const resultSection = (rule, result) => {
  const { before, after } = exampleOf(rule)
  return `${result}\n\nBefore:\n\n\`\`\`text\n${trimmed(before)}\n\`\`\`\n\nAfter:\n\n\`\`\`text\n${trimmed(after)}\n\`\`\``
}

const trimmed = (/** @type {string} */ text) => text.replace(/ +$/gm, '')

/** @param {Shipped} shipped */
const ofPlugin = ({ call, folder, usedBy }) =>
  `A rule of \`${call}\` of [@nnfuse/${folder}](../../packages/${folder}/README.md), ${usedBy}.`

/**
 * @param {Registered} registered
 * @param {readonly Registered[]} all
 */
export const rulePage = (registered, all) => {
  const { rule, shipped } = registered
  const { result, numerics, left = [] } = familyOf(registered)
  const asked = conditionsOf(registered, all)
  return pageOf(rule.name, ofPlugin(shipped), [
    patternSection(rule),
    asked.length > 0 ? list(asked.map(({ says }) => says)) : 'None but those of every rule.',
    resultSection(rule, result),
    `${exactnesses[rule.exactness]}\n\n${numerics.trim()}`,
    leftSection([...new Set([...asked.flatMap(({ reasons }) => reasons), ...left])]),
  ])
}

/**
 * @param {Rewrite} rewrite
 * @param {Shipped} shipped
 */
export const rewritePage = ({ name, pass, pattern, conditions: asked, result, numerics, left }, shipped) =>
  pageOf(
    name,
    `What the pass \`${pass}\` does, of \`${shipped.call}\` of [@nnfuse/${shipped.folder}](../../packages/${shipped.folder}/README.md), ${shipped.usedBy}.`,
    [pattern, list(asked), result, numerics, leftSection(left)],
  )
