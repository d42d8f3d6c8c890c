import {
  type BatchNormAttrs,
  type ConvAttrs,
  type ConvTransposeAttrs,
  deferredTensor,
  encode,
  type FloatDType,
  type LinearAttrs,
  type Tensor,
} from '@nnfuse/ir'
import {
  type ChannelVector,
  castTo,
  filled,
  floatDType,
  minus,
  plus,
  reciprocalRoot,
  times,
  vectorOf,
} from './channel-vector.js'
import { type Blocks, leadingChannels, scaleWeight, transposedChannels } from './scale-weight.js'

/*
 * Batch-norm at inference is one multiply-add a channel:
 *
 *   y = (x - mean) * r * gamma + beta,   r = 1 / sqrt(var + eps)
 *
 * and so is the layer before it, which therefore absorbs it:
 *
 *   W' = W * (gamma * r)
 *   b' = ((b - mean) * r) * gamma + beta        after a convolution
 *   b' = (b - mean) * (gamma * r) + beta        after a linear layer
 *
 * In real numbers the two are one; the order of the products is torch's (torch.nn.utils.fusion), so that results are
 * the same bits. A missing gamma is 1, a missing beta or layer bias 0.
 */

/** What the fold needs of a batch-norm, as tensors that are read when the fold is evaluated. */
interface Statistics {
  readonly mean: Tensor
  readonly variance: Tensor
  readonly gamma: Tensor | null
  readonly beta: Tensor | null
  readonly eps: number
}

interface Folded {
  readonly weight: Tensor
  readonly bias: Tensor
}

/** `hasRunningStats` has made sure of the statistics. */
const statisticsOf = ({ runningMean, runningVar, weight, bias, eps }: BatchNormAttrs): Statistics => {
  if (runningMean === null || runningVar === null)
    throw new TypeError('batch-norm keeps no running statistics')
  return { mean: runningMean, variance: runningVar, gamma: weight, beta: bias, eps }
}

/** A tensor computed from some of several tensors, those that are there; `compute` sees null for the others. */
const computed = (
  dtype: FloatDType,
  shape: readonly number[],
  operands: readonly (Tensor | null)[],
  compute: (...vectors: readonly (Uint8Array | null)[]) => Uint8Array,
): Tensor => {
  const present = operands.filter((operand) => operand !== null)
  return deferredTensor(dtype, shape, present, (...bytes) => {
    const rest = [...bytes]
    return compute(...operands.map((operand) => (operand === null ? null : (rest.shift() as Uint8Array))))
  })
}

const vector = (bytes: Uint8Array | null, tensor: Tensor | null): ChannelVector | undefined =>
  bytes === null || tensor === null ? undefined : vectorOf(bytes, floatDType(tensor))

/** `gamma * r` */
const scaleOf = (variance: ChannelVector, gamma: ChannelVector | undefined, eps: number): ChannelVector => {
  const root = reciprocalRoot(variance, eps)
  return times(gamma ?? filled(1, variance), root)
}

type RoundScale = (scale: ChannelVector) => ChannelVector

const foldWeight = (
  weight: Tensor,
  { variance, gamma, eps }: Statistics,
  blocks: Blocks,
  rounded: RoundScale,
): Tensor => {
  const dtype = floatDType(weight)
  return computed(dtype, weight.shape, [weight, variance, gamma], (w, v, g) => {
    const scale = scaleOf(vector(v as Uint8Array, variance) as ChannelVector, vector(g ?? null, gamma), eps)
    return scaleWeight(w as Uint8Array, dtype, rounded(scale), blocks)
  })
}

/** How `b - mean`, `r` and gamma are multiplied; the order decides the last bit. */
type Products = (centred: ChannelVector, root: ChannelVector, gamma: ChannelVector) => ChannelVector

const foldBias = (
  bias: Tensor | null,
  weight: Tensor,
  statistics: Statistics,
  products: Products,
): Tensor => {
  const { mean, variance, gamma, beta, eps } = statistics
  const dtype = floatDType(bias ?? weight)
  return computed(dtype, mean.shape, [mean, variance, gamma, beta, bias], (m, v, g, be, b) => {
    const centre = vector(m as Uint8Array, mean) as ChannelVector
    const root = reciprocalRoot(vector(v as Uint8Array, variance) as ChannelVector, eps)
    const centred = minus(vector(b ?? null, bias) ?? filled(0, centre), centre)
    const scaled = products(centred, root, vector(g ?? null, gamma) ?? filled(1, centre))
    return encode(plus(scaled, vector(be ?? null, beta) ?? filled(0, centre)).values, dtype)
  })
}

const exactScale: RoundScale = (scale) => scale
const leftToRight: Products = (centred, root, gamma) => times(times(centred, root), gamma)
const scaleFirst: Products = (centred, root, gamma) => times(centred, times(gamma, root))

/** Weight and bias of a convolution (any groups) that computes what it and the batch-norm after it compute. */
export const foldConv = ({ weight, bias }: ConvAttrs, bn: BatchNormAttrs): Folded => {
  const statistics = statisticsOf(bn)
  return {
    weight: foldWeight(weight, statistics, leadingChannels(weight.shape), exactScale),
    bias: foldBias(bias, weight, statistics, leftToRight),
  }
}

/** The same for a transposed convolution, whose output channels lie along the weight's second axis. */
export const foldConvTranspose = (
  { weight, bias, groups }: ConvTransposeAttrs,
  bn: BatchNormAttrs,
): Folded => {
  const statistics = statisticsOf(bn)
  return {
    weight: foldWeight(weight, statistics, transposedChannels(weight.shape, groups), exactScale),
    bias: foldBias(bias, weight, statistics, leftToRight),
  }
}

/** The same for a linear layer; here torch rounds the scale to the weight's dtype before it multiplies. */
export const foldLinear = ({ weight, bias }: LinearAttrs, bn: BatchNormAttrs): Folded => {
  const statistics = statisticsOf(bn)
  const rounded: RoundScale = (scale) => castTo(scale, floatDType(weight))
  return {
    weight: foldWeight(weight, statistics, leadingChannels(weight.shape), rounded),
    bias: foldBias(bias, weight, statistics, scaleFirst),
  }
}
