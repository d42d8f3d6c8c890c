import {
  BatchNorm2d,
  type BatchNormAttrs,
  Conv2d,
  ConvTranspose2d,
  decodeFloats,
  floatTensor,
  outChannels,
  outChannelsTransposed,
  peekBytes,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { decline, type Guard, type Rule, rule } from '@nnfuse/matcher'

/*
 * A batch-norm folded into the layer before it, with every step of the arithmetic replaceable: what the wrong rules in
 * the tests get wrong is then one line each.
 */

export interface Arithmetic {
  readonly root: (variance: number, eps: number) => number
  readonly centred: (bias: number, mean: number) => number
  readonly shifted: (scaled: number, beta: number) => number
  /** Which channel the block (i, j) of a transposed weight `[in, out / groups, ...]` belongs to. */
  readonly channelOf: (i: number, j: number, inPerGroup: number, outPerGroup: number) => number
}

const right: Arithmetic = {
  root: (variance, eps) => 1 / Math.sqrt(variance + eps),
  centred: (bias, mean) => bias - mean,
  shifted: (scaled, beta) => scaled + beta,
  channelOf: (i, j, inPerGroup, outPerGroup) => Math.floor(i / inPerGroup) * outPerGroup + j,
}

const numbers = (tensor: Tensor | null, count: number, missing: number): ArrayLike<number> =>
  tensor === null
    ? new Float64Array(count).fill(missing)
    : decodeFloats(peekBytes(tensor) as Uint8Array, tensor.dtype)

interface Norm {
  readonly scale: Float64Array
  readonly biasAfter: (bias: Tensor | null) => Tensor
}

const normOf = (attrs: BatchNormAttrs, count: number, { root, centred, shifted }: Arithmetic): Norm => {
  const [gamma, beta] = [numbers(attrs.weight, count, 1), numbers(attrs.bias, count, 0)]
  const [mean, variance] = [numbers(attrs.runningMean, count, 0), numbers(attrs.runningVar, count, 1)]
  const scale = Float64Array.from(
    { length: count },
    (_, c) => root(variance[c] as number, attrs.eps) * (gamma[c] as number),
  )
  const biasAfter = (bias: Tensor | null) => {
    const old = numbers(bias, count, 0)
    const values = scale.map((factor, c) =>
      shifted(centred(old[c] as number, mean[c] as number) * factor, beta[c] as number),
    )
    return floatTensor(values, [count])
  }
  return { scale, biasAfter }
}

const scaled = (weight: Tensor, blockSize: number, factorOf: (block: number) => number): Tensor =>
  floatTensor(
    Float64Array.from(numbers(weight, 0, 0), (value, i) => value * factorOf(Math.floor(i / blockSize))),
    weight.shape,
  )

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1)

const inInference: Guard = ({ modules }) =>
  modules.every(({ training }) => !training) || decline('it is in training mode')

/** A rule that folds rightly but for what is changed. */
export const foldIntoConv = (changes: Partial<Arithmetic> = {}): Rule =>
  rule(
    'conv2d-bn',
    [Conv2d, BatchNorm2d],
    (conv, { attrs }) => {
      const { weight, bias } = conv.attrs
      const { scale, biasAfter } = normOf(attrs, outChannels(conv.attrs), { ...right, ...changes })
      return withAttrs(conv, {
        weight: scaled(weight, product(weight.shape.slice(1)), (block) => scale[block] as number),
        bias: biasAfter(bias),
      })
    },
    { when: [inInference] },
  )

/** The same for a transposed convolution. */
export const foldIntoConvTranspose = (changes: Partial<Arithmetic> = {}): Rule =>
  rule(
    'conv-transpose2d-bn',
    [ConvTranspose2d, BatchNorm2d],
    (conv, { attrs }) => {
      const { weight, bias, groups } = conv.attrs
      const arithmetic = { ...right, ...changes }
      const { scale, biasAfter } = normOf(attrs, outChannelsTransposed(conv.attrs), arithmetic)
      const [inputs = 0, perGroup = 0, ...kernel] = weight.shape
      const channel = (block: number): number =>
        arithmetic.channelOf(Math.floor(block / perGroup), block % perGroup, inputs / groups, perGroup)
      return withAttrs(conv, {
        weight: scaled(weight, product(kernel), (block) => scale[channel(block)] as number),
        bias: biasAfter(bias),
      })
    },
    { when: [inInference] },
  )
