import type { RuleSet } from '../rules-table.js'
import type { Paint } from './paint.js'
import { alignRows, indent, wrap } from './table.js'

const noteWidth = 96

/** Slots that many kinds can take, which would make the table too wide: `[1]` stands for the first of them. */
const wideSlots = (sets: readonly RuleSet[]): readonly string[] => {
  const labels = sets.flatMap(({ rules }) => rules.flatMap(({ pattern }) => pattern))
  return [...new Set(labels.filter((label) => label.split(' | ').length > 2))]
}

const formatPattern = (pattern: readonly string[], wide: readonly string[]): string =>
  pattern.map((label) => (wide.includes(label) ? `any of [${wide.indexOf(label) + 1}]` : label)).join(' -> ')

const formatSet = (set: RuleSet, wide: readonly string[], paint: Paint): string[] => {
  const { name, description, usedBy, rules } = set
  const rows = rules.map(({ rule, plugin, pattern, overriddenBy }) => [
    rule,
    plugin,
    formatPattern(pattern, wide),
    overriddenBy === undefined ? '' : `not used: overridden by ${overriddenBy}`,
  ])
  const [head = '', ...lines] = alignRows([['rule', 'plugin', 'pattern'], ...rows])
  const title = `${paint.title(`${name} rules`)}: ${description}`
  return [title, ...indent([`used by ${usedBy.join(', ')}`, '', paint.faint(head), ...lines]), '']
}

const wideNotes = (wide: readonly string[]): string[] =>
  wide.flatMap((label, i) => {
    const [first = '', ...rest] = wrap(label.split(' | ').join(', '), noteWidth)
    return [`[${i + 1}] ${first}`, ...indent(rest, '    ')]
  })

/** The rules, for a person. */
export const formatRules = (sets: readonly RuleSet[], paint: Paint): string => {
  const wide = wideSlots(sets)
  return `${[...sets.flatMap((set) => formatSet(set, wide, paint)), ...wideNotes(wide)].join('\n').trimEnd()}\n`
}
