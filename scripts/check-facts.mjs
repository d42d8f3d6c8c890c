// node scripts/check-facts.mjs           each fact about PyTorch, and the tests or differences that pin it
//
// Exits 1 when one of the facts is missing, has no pin, or names a test, golden case or difference that does not exist.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** How many facts each page has. */
const factCounts = new Map([
  ['docs/pytorch-facts.md', 56],
  ['docs/pytorch-quantization-facts.md', 79],
])
const differencesPage = 'docs/differences-from-pytorch.md'
const golden = 'packages/nnfuse/test/golden/fuse-modules.json'
/** @type {string[]} */
const problems = []

const differences = tableRows(differencesPage)
checkPins(differencesPage, differences)
for (const [page, count] of factCounts) {
  const facts = tableRows(page)
  checkPins(page, facts)
  checkNumbers(page, facts, count)
  list(facts)
}
report()

/** @param {string} file */
function read(file) {
  return readFileSync(join(root, file), 'utf8')
}

/**
 * The rows of all tables of a page: the name in the first column, the pins in the last.
 *
 * @param {string} page
 * @returns {{ name: string, pins: { kind: string, title: string }[] }[]}
 */
function tableRows(page) {
  const rows = read(page)
    .split('\n')
    .filter((line) => /^\| (\d+|`[\w-]+`) \|/.test(line))
  return rows.map((line) => {
    const cells = line.split(' | ')
    const name = (cells[0] ?? '').replace(/[|` ]/g, '')
    return { name, pins: pinsOf(cells.at(-1) ?? '') }
  })
}

/** @param {string} cell */
function pinsOf(cell) {
  return [...cell.matchAll(/`([\w-]+): ([^`]+)`/g)].map(([, kind = '', title = '']) => ({ kind, title }))
}

/**
 * Which file a short name stands for: the list at the head of a page says.
 *
 * @param {string} page
 */
function filesOf(page) {
  const entries = [...read(page).matchAll(/^\* ([\w-]+): \[([^\]]+)\]/gm)]
  return new Map(entries.map(([, name = '', file = '']) => [name, file]))
}

/** @param {string} file */
function titlesIn(file) {
  const source = read(file)
  const titles = [...source.matchAll(/(?:\btest|\))\(\s*(['"])((?:\\.|(?!\1).)*)\1,/g)].map(
    ([, , title = '']) => title,
  )
  if (!source.includes('golden.cases')) return titles
  /** @type {{ id: string }[]} */
  const cases = JSON.parse(read(golden)).cases
  return [...titles, ...cases.map(({ id }) => id)]
}

/**
 * @param {string} page
 * @param {ReturnType<typeof tableRows>} rows
 */
function checkPins(page, rows) {
  const files = filesOf(page)
  const titles = new Map(
    [...files].map(([name, file]) => [name, existsSync(join(root, file)) ? titlesIn(file) : []]),
  )
  titles.set(
    'row',
    differences.map(({ name }) => name),
  )
  for (const { name, pins } of rows) {
    if (pins.length === 0) problems.push(`${page}: ${name} is pinned by nothing`)
    for (const { kind, title } of pins) {
      const exists = (titles.get(kind) ?? []).some((candidate) => matches(title, candidate))
      if (!exists) problems.push(`${page}: ${name} names "${kind}: ${title}", which does not exist`)
    }
  }
}

/**
 * @param {string} glob
 * @param {string} text
 */
function matches(glob, text) {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

/**
 * @param {string} page
 * @param {ReturnType<typeof tableRows>} facts
 * @param {number} factCount
 */
function checkNumbers(page, facts, factCount) {
  const numbers = facts.map(({ name }) => Number(name))
  for (let fact = 1; fact <= factCount; fact += 1) {
    const count = numbers.filter((number) => number === fact).length
    if (count !== 1) problems.push(`${page}: fact ${fact} is there ${count} times`)
  }
}

/** @param {ReturnType<typeof tableRows>} facts */
function list(facts) {
  for (const { name, pins } of facts)
    process.stdout.write(`${name} -> ${pins.map(({ kind, title }) => `${kind}: ${title}`).join('; ')}\n`)
}

function report() {
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
