import type { Latency } from '../evaluate-models.js'
import type { AppliedRule, FileCounts, FuseFileResult } from '../fuse-file-result.js'
import type { LatencyRow } from '../runtime/latency.js'
import { formatAccuracy, formatCheck } from './format-check.js'
import { formatDiagnostics } from './format-diagnostics.js'
import { formatLeft } from './format-left.js'
import { formatChange, formatCount, formatTime, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible } from './table.js'

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const severalNodesNote = (rules: readonly AppliedRule[]): string[] => {
  const count = sum(rules.map(({ severalNodes }) => severalNodes))
  if (count === 0) return []
  const subject =
    count === 1
      ? '1 activation is fused, yet stays a node'
      : `${formatCount(count)} activations are fused, yet stay nodes`
  return [`${subject} in the file: ONNX has no node for a layer with its activation.`]
}

const foldNote = ({ rules, hadBatchNorm }: FuseFileResult): string[] => {
  if (!hadBatchNorm) {
    return ['no batch-norm left to fold: the exporter has folded it already (or the model never had one)']
  }
  return rules.length === 0 ? ['none'] : []
}

const exactnessNames = {
  bits: "PyTorch's bits",
  real: 'equal in real arithmetic',
  border: 'differs at the border',
} as const

const ruleLines = (result: FuseFileResult, paint: Paint): string[] => {
  const { rules } = result
  const counts = rules.map(({ rule, times, exactness }) => [
    rule,
    formatCount(times),
    exactnessNames[exactness],
  ])
  return [
    paint.title('rules applied'),
    ...indent([...alignRows(counts, ['left', 'right', 'left']), ...foldNote(result)]),
    ...indent(severalNodesNote(rules).map(paint.faint)),
  ]
}

const countRow = (name: string, before: number, after: number): string[] => [
  name,
  formatCount(before),
  formatCount(after),
  formatChange(before, after),
]

const sizeLines = (before: FileCounts, after: FileCounts, paint: Paint): string[] => {
  const rows = (['nodes', 'parameters', 'bytes'] as const).map((what) =>
    countRow(what, before[what], after[what]),
  )
  const [head = '', ...lines] = alignRows(
    [['size', 'before', 'after', 'change'], ...rows],
    ['left', 'right', 'right'],
  )
  return [paint.title(head), ...lines]
}

const settingNames = {
  disabled: "without ONNX Runtime's own optimizations",
  all: "with ONNX Runtime's own optimizations",
} as const

const latencyRow = ({ optimizations, before, after }: LatencyRow): string[] => [
  settingNames[optimizations],
  formatTime(before.run),
  formatTime(after.run),
  formatTime(before.load),
  formatTime(after.load),
]

const latencyLines = ({ inputs, rows }: Latency, paint: Paint): string[] => {
  const shapes = inputs.map((shape) => `[${shape.join(', ')}]`).join(', ')
  const runs = Math.min(...rows.map((row) => row.runs))
  const title = `latency, as measured here: ${shapes}, median of ${plural(runs, 'run')}`
  const head = ['', 'before', 'after', 'load before', 'load after']
  const lines = alignRows([head, ...rows.map(latencyRow)], ['left', 'right', 'right', 'right', 'right'])
  return ['', paint.title(title), ...indent(lines)]
}

const outcome = ({ output, check }: FuseFileResult, paint: Paint): string => {
  if (output === null) return paint.bad('nothing was written; --keep keeps the output of a failed check')
  const remark = check?.status === 'failed' ? paint.bad(' although the check failed (--keep)') : ''
  return `${paint.title('written')}  ${visible(output)}${remark}`
}

/** What fusing a file did, for a person. */
export const formatFuse = (result: FuseFileResult, paint: Paint): string => {
  const { input, opset, before, after, check, accuracy, latency, left, report } = result
  const lines = [
    `${paint.title(visible(input))}  opset ${opset}, ${plural(before.nodes, 'node')}`,
    '',
    ...ruleLines(result, paint),
    '',
    ...sizeLines(before, after, paint),
    ...formatLeft(left, 'looks foldable, was not', paint),
    ...formatDiagnostics(report.diagnostics, paint),
    '',
    ...(check === undefined ? [paint.warn('NOTHING WAS CHECKED: --no-verify')] : formatCheck(check, paint)),
    ...(accuracy === undefined ? [] : [formatAccuracy(accuracy, ['before', 'after'])]),
    ...(latency === undefined ? [] : latencyLines(latency, paint)),
    '',
    outcome(result, paint),
  ]
  return `${lines.join('\n')}\n`
}
