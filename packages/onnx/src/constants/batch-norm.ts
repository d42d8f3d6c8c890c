import { decodeFloats, elementCount, encode, isFloat, type Tensor } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { approximateTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'

/*
 * Batch-norm of a constant, which is how weights are standardized in a graph:
 *
 *   y = (x - mean) / sqrt(var + epsilon) * scale + bias       per channel, the second axis
 *
 * In training mode mean and variance are those of x, whatever it is given. In double precision, rounded once.
 */

interface Layout {
  readonly batch: number
  readonly channels: number
  /** Elements of one channel of one of the batch. */
  readonly inner: number
}

/** Where the rows of elements of a channel begin. */
const rowsOf = ({ batch, channels, inner }: Layout, channel: number): number[] =>
  Array.from({ length: batch }, (_, i) => (i * channels + channel) * inner)

type Values = ArrayLike<number>

const meanOf = (values: Values, rows: readonly number[], inner: number, of: (value: number) => number) => {
  let sum = 0
  for (const row of rows) for (let i = row; i < row + inner; i += 1) sum += of(values[i] as number)
  return sum / (rows.length * inner)
}

interface Statistics {
  readonly mean: number
  readonly variance: number
}

const statisticsOf = (values: Values, rows: readonly number[], inner: number): Statistics => {
  const mean = meanOf(values, rows, inner, (value) => value)
  return { mean, variance: meanOf(values, rows, inner, (value) => (value - mean) ** 2) }
}

const normalized = (
  x: Values,
  [scale, bias, mean, variance]: readonly Values[],
  layout: Layout,
  epsilon: number,
): Float64Array => {
  const { channels, inner } = layout
  const result = new Float64Array(x.length)
  for (let channel = 0; channel < channels; channel += 1) {
    const rows = rowsOf(layout, channel)
    const known =
      mean && variance
        ? { mean: mean[channel] as number, variance: variance[channel] as number }
        : statisticsOf(x, rows, inner)
    const factor = (scale?.[channel] as number) / Math.sqrt(known.variance + epsilon)
    const shift = (bias?.[channel] as number) - known.mean * factor
    for (const row of rows)
      for (let i = row; i < row + inner; i += 1) result[i] = (x[i] as number) * factor + shift
  }
  return result
}

const isChannelwise = (tensor: Tensor, channels: number): boolean =>
  isFloat(tensor.dtype) && tensor.shape.length === 1 && tensor.shape[0] === channels

export const batchNorm: Evaluator = (node, inputs, _types, opset) => {
  const given = readAttributes(node, { epsilon: 'float', momentum: 'float', training_mode: 'int' })
  const [x, ...parameters] = inputs as readonly Tensor[]
  if (x === undefined || inputs.includes(undefined) || typeof given === 'string') return undefined
  const [batch, channels, ...rest] = x.shape
  if (batch === undefined || channels === undefined || !isFloat(x.dtype) || elementCount(x.shape) === 0)
    return undefined
  if (!parameters.every((tensor) => isChannelwise(tensor, channels))) return undefined
  if (opset < 14 && node.output.some((name, i) => i > 0 && name !== '')) return undefined
  const used = given.training_mode ? parameters.slice(0, 2) : parameters
  const layout = { batch, channels, inner: elementCount(rest) }
  return approximateTensor(x, [x, ...used], (bytes, ...others) => {
    const values = others.map((other, i) => decodeFloats(other, (used[i] as Tensor).dtype))
    return encode(normalized(decodeFloats(bytes, x.dtype), values, layout, given.epsilon ?? 1e-5), x.dtype)
  })
}
