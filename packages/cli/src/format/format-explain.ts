import type { LayerExplanation } from 'nnfuse'
import type { ExplainFileResult } from '../explain-file.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible } from './table.js'

type Near = LayerExplanation['near'][number]

/** Rules further away than these are only counted; the JSON has them all. */
const rulesShown = 8

const names = (paths: readonly string[]): string => paths.map(visible).join(', ')

const takenLines = ({ takenBy }: LayerExplanation, paint: Paint): string[] =>
  takenBy.flatMap(({ rule, paths, path, into }, i) => [
    `${i === 0 ? 'fused by' : 'then by'} ${paint.title(rule)}: ${names(paths)}`,
    ...indent([`which become ${visible(path)} (${into})`]),
  ])

const outcomeLines = (result: LayerExplanation, paint: Paint): string[] => {
  const { outcome, note = '' } = result
  if (outcome === 'fused') return takenLines(result, paint)
  if (outcome === 'opaque') return [`kept as it is in the file: ${visible(note)}`]
  return [outcome === 'dropped' ? 'does nothing at inference, and goes' : 'stays as it is: no rule takes it']
}

const nearRow = ({ rule, matched, slots, reason }: Near): string[] => [
  rule,
  `${matched} of ${slots}`,
  visible(reason),
]

const nearLines = ({ near, outcome }: LayerExplanation, paint: Paint): string[] => {
  if (near.length === 0) return outcome === 'kept' ? ['', 'no rule came near: none has a place for it'] : []
  const rows = near.slice(0, rulesShown).map(nearRow)
  const [head = '', ...lines] = alignRows([['rules that came near', 'layers', 'why they stopped'], ...rows])
  const more = near.length - rows.length
  const rest = more > 0 ? [paint.faint(`and ${more} that came less near; --json has them all`)] : []
  return ['', paint.title(head), ...lines, ...rest]
}

/** What fusing does with a layer, and why, for a person. */
export const formatExplain = (result: ExplainFileResult, paint: Paint): string => {
  const lines = [
    `${paint.title(visible(result.path))}  ${paint.faint(visible(result.kind))}`,
    ...outcomeLines(result, paint),
    ...nearLines(result, paint),
  ]
  return `${lines.join('\n')}\n`
}
