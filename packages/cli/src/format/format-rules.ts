import type { PassRow, RuleRow, RuleSet } from '../rules-table.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible, wrap } from './table.js'

const noteWidth = 96

/** Slots that many kinds can take, which would make the table too wide: `[1]` stands for the first of them. */
const wideSlots = (sets: readonly RuleSet[]): readonly string[] => {
  const labels = sets.flatMap(({ rules }) => rules.flatMap(({ pattern }) => pattern))
  return [...new Set(labels.filter((label) => label.split(' | ').length > 2))]
}

const formatPattern = (pattern: readonly string[], wide: readonly string[]): string =>
  pattern.map((label) => (wide.includes(label) ? `[${wide.indexOf(label) + 1}]` : label)).join(' -> ')

const noteOn = ({ overriddenBy, overrides }: RuleRow): string => {
  if (overriddenBy !== undefined) return `not used: overridden by ${overriddenBy}`
  return overrides.length === 0 ? '' : `overrides ${overrides.join(', ')}`
}

const formatPasses = (passes: readonly PassRow[], paint: Paint): string[] => {
  if (passes.length === 0) return []
  const rows = passes.map(({ pass, plugin, eachRound }) => [
    pass,
    plugin,
    eachRound ? 'runs before the rules in each round' : 'runs only in a pipeline that names it',
  ])
  const [head = '', ...lines] = alignRows([['pass', 'plugin', ''], ...rows])
  return ['', paint.faint(head), ...lines.map(visible)]
}

const formatSet = (set: RuleSet, wide: readonly string[], paint: Paint): string[] => {
  const { name, description, usedBy, rules, passes } = set
  const rows = rules.map((row) => [
    row.rule,
    row.plugin,
    row.exactness,
    formatPattern(row.pattern, wide),
    noteOn(row),
  ])
  const [head = '', ...lines] = alignRows([['rule', 'plugin', 'exact', 'pattern'], ...rows])
  const title = `${paint.title(`${name} rules`)}: ${description}`
  const table = [paint.faint(head), ...lines.map(visible), ...formatPasses(passes, paint)]
  return [title, ...indent([`used by ${usedBy.join(', ')}`, '', ...table]), '']
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
