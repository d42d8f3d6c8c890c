import type { PlanFileResult, PlannedRule } from '../plan-file.js'
import { formatDiagnostics } from './format-diagnostics.js'
import { formatLeft } from './format-left.js'
import { formatCount, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible } from './table.js'

const ruleLines = ({ rule, places }: PlannedRule, paint: Paint): string[] => [
  `${rule}  ${formatCount(places.length)}`,
  ...indent(
    alignRows(places.map(({ paths, into }) => [paths.map(visible).join(', '), `-> ${into}`])).map(
      paint.faint,
    ),
  ),
]

const nothing = ({ hadBatchNorm }: PlanFileResult): string =>
  hadBatchNorm
    ? 'none'
    : 'none: there is no batch-norm left to fold, the exporter has folded it already (or the model never had one)'

const droppedLines = ({ dropped }: PlanFileResult, paint: Paint): string[] =>
  dropped.length === 0
    ? []
    : ['', paint.title('does nothing, would go'), ...indent(dropped.map((path) => visible(path)))]

/** What fusing a file would do, for a person. */
export const formatPlan = (result: PlanFileResult, paint: Paint): string => {
  const { input, opset, nodes, rules, left, diagnostics } = result
  const lines = [
    `${paint.title(visible(input))}  opset ${opset}, ${plural(nodes, 'node')}`,
    '',
    paint.title('rules that would apply'),
    ...indent(rules.length === 0 ? [nothing(result)] : rules.flatMap((rule) => ruleLines(rule, paint))),
    ...droppedLines(result, paint),
    ...formatLeft(left, 'looks foldable, would stay', paint),
    ...formatDiagnostics(diagnostics, paint),
    '',
    'nothing was written',
  ]
  return `${lines.join('\n')}\n`
}
