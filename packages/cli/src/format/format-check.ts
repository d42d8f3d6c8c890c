import type { Check, OutputCheck } from '../check/check.js'
import type { Accuracy } from '../runtime/accuracy.js'
import { formatBound, formatDifference, formatShare, plural } from './numbers.js'
import type { Paint } from './paint.js'
import { alignRows, indent, visible, wrap } from './table.js'

const textWidth = 100

const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** `a`, `a and b`, `a, b and c` */
const enumerate = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ')

const realBatches = ({ realInputs, inputFiles }: Check): string[] => [
  ...(realInputs === 0 ? [] : [plural(realInputs, 'labelled input')]),
  ...(inputFiles === undefined
    ? []
    : [`${plural(inputFiles.batches, 'batch', 'batches')} of inputs from ${visible(inputFiles.folder)}`]),
]

const method = (check: Check): string => {
  const { batches, inputs, seed } = check
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(', ')
  const random = `${plural(batches, 'random batch', 'random batches')} ${shapes} (seed ${seed})`
  return `${enumerate([random, ...realBatches(check)])} through both models, ONNX Runtime's optimizations off`
}

const whyAnyDifference = (bound: number): string =>
  bound === 0
    ? 'these must be equal'
    : 'relative to the largest value of the output; folding adds the same numbers in another order, which rounds differently'

const numbersOf = ({ absolute, relative, bound }: OutputCheck): string =>
  `largest difference ${formatDifference(absolute)} absolute, ${formatDifference(relative)} relative (allowed: ${formatBound(bound)})`

const outputLine = (output: OutputCheck): string[] => [
  output.passed ? 'ok' : 'DIFFERS',
  visible(output.name),
  output.problem ?? numbersOf(output),
]

const allShown = 8

/** Every failed output, and of the others so many that the report stays short. */
const shownOutputs = (outputs: readonly OutputCheck[]): readonly OutputCheck[] => {
  const failed = outputs.filter(({ passed }) => !passed)
  return outputs.length <= allShown ? outputs : failed.slice(0, 20)
}

const titles = { passed: 'check passed', failed: 'check FAILED', unchecked: 'NOTHING WAS CHECKED' } as const

const colour = (paint: Paint, status: Check['status']): ((text: string) => string) =>
  ({ passed: paint.good, failed: paint.bad, unchecked: paint.warn })[status]

/** Without numbers: the reason, which may be a long one of ONNX Runtime's. */
const formatReason = ({ status, reason, hint }: Check, paint: Paint): string[] => {
  const [first = '', ...rest] = wrap(
    visible(`${titles[status]}: ${reason ?? 'no reason is known'}`),
    textWidth,
  )
  const painted = first.replace(titles[status], colour(paint, status))
  return [painted, ...indent([...rest, ...(hint === undefined ? [] : [visible(hint)])])]
}

const summary = ({ outputs, absolute, relative }: Check): string[] => {
  if (outputs.length <= allShown) return []
  const [difference, share] = [formatDifference(absolute), formatDifference(relative)]
  return [`over all ${outputs.length} outputs: largest difference ${difference} absolute, ${share} relative`]
}

/** The check as lines: what was done, and for each output how far it is apart. */
export const formatCheck = (check: Check, paint: Paint): string[] => {
  const { status, outputs } = check
  if (outputs.length === 0 || status === 'unchecked') return formatReason(check, paint)
  const bound = Math.max(...outputs.map((output) => output.bound))
  return [
    `${colour(paint, status)(titles[status])}: ${method(check)}`,
    ...indent([...alignRows(shownOutputs(outputs).map(outputLine)), ...summary(check)]),
    ...indent([paint.faint(whyAnyDifference(bound))]),
  ]
}

/** One line: how often each model is right. */
export const formatAccuracy = (
  { inputs, before, after, same }: Accuracy,
  [first, second]: readonly [string, string],
): string =>
  `accuracy: ${formatShare(before, inputs)} ${first}, ${formatShare(after, inputs)} ${second} ` +
  `(${plural(inputs, 'labelled input')}; the same answer to ${formatShare(same, inputs)})`
