// The table of contents of the pages of rules.

import { printPattern } from '../../packages/matcher/dist/index.js'

/** @typedef {import('./page.mjs').Registered} Registered */
/** @typedef {import('./passes.mjs').Rewrite} Rewrite */
/** @typedef {import('./plugins.mjs').Shipped} Shipped */

const introduction = `# Rules

<!-- Written by \`node scripts/rule-pages.mjs --write\`, from the rules and from scripts/rule-pages. -->

Every rule of the plugins that nnfuse comes with, and what their passes rewrite, under the names that reports give.
\`nnfuse rules\` lists them as well, with those of your plugins. \`bits\` and \`real\` say [how exact](../writing-a-rule.md)
a rule is.

## What is checked for every rule

Layers that match a pattern stay all the same, and a report says so, where

* \`the output of … is also used by …\` or \`the output of … is also an output of the model\`: what flows between the layers
  would be gone
* \`the output of … is used in two ways by …\`: a value would be an input of the fused layer, and be made by it
* \`a hook on … would be lost\`: it watches what would not be there any more
* \`… is in training mode and called from several places\`: copies of it would drift apart
* \`… was preferred\`: a rule for more layers, or with a higher benefit, took one of them. Several rules for the same
  layers are of plugins that are not to be used together, but for a later plugin that overrides a pattern on purpose

A layer that is called from several places and does not train is fused once where all calls agree; else the fused layer
stands beside it.
`

/** @param {Registered} registered */
const ruleRow = ({ rule }) => {
  const pattern = printPattern(rule.pattern).join(', ').replaceAll('|', '\\|')
  return `| [${rule.name}](${rule.name}.md) | \`${pattern}\` | \`${rule.exactness}\` |`
}

/** @param {Rewrite} rewrite */
const rewriteRow = ({ name, pass }) => `| [${name}](${name}.md) | the pass \`${pass}\` | |`

/**
 * @param {readonly Shipped[]} shipped
 * @param {readonly Registered[]} rules
 * @param {readonly Rewrite[]} rewrites
 */
export const indexPage = (shipped, rules, rewrites) => {
  const sections = shipped.map((one) => {
    const isFirst = shipped.find(({ folder }) => folder === one.folder) === one
    const rows = [
      ...rules.filter((registered) => registered.shipped === one).map(ruleRow),
      ...rewrites.filter(({ folder }) => isFirst && folder === one.folder).map(rewriteRow),
    ]
    const head = `## ${one.call}\n\nOf [@nnfuse/${one.folder}](../../packages/${one.folder}/README.md), ${one.usedBy}.`
    return `${head}\n\n| rule | pattern | exact |\n|---|---|---|\n${rows.join('\n')}\n`
  })
  return `${introduction}\n${sections.join('\n')}`
}
