import {
  type BatchNormAttrs,
  type ConvAttrs,
  type ConvTransposeAttrs,
  deferredTensor,
  elementwiseTensor,
  encode,
  type FloatDType,
  type LinearAttrs,
  type Tensor,
} from '@nnfuse/ir'
import { type Blocks, leadingChannels, scaleBlocks, transposedChannels } from '@nnfuse/kernels'
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

/** The tensors that are there, in an array of just their number: a large model has very many of these. */
const present = (tensors: readonly (Tensor | null)[]): readonly Tensor[] =>
  tensors.filter((tensor) => tensor !== null).slice()

interface ReadVector {
  (tensor: Tensor): ChannelVector
  (tensor: Tensor | null): ChannelVector | undefined
}

/** Gives the bytes of the tensors that are there, in turn, as vectors. */
const inTurn = (bytes: readonly Uint8Array[]): ReadVector => {
  const rest = bytes.values()
  const read = (tensor: Tensor | null): ChannelVector | undefined =>
    tensor === null ? undefined : vectorOf(rest.next().value as Uint8Array, floatDType(tensor))
  return read as ReadVector
}

/** `gamma * r` */
const scaleOf = (variance: ChannelVector, gamma: ChannelVector | undefined, eps: number): ChannelVector =>
  times(gamma ?? filled(1, variance), reciprocalRoot(variance, eps))

type RoundScale = (scale: ChannelVector) => ChannelVector

const foldWeight = (
  weight: Tensor,
  statistics: Statistics,
  blocksOf: (weight: Tensor) => Blocks,
  rounded: RoundScale,
): Tensor =>
  elementwiseTensor(weight, present([statistics.variance, statistics.gamma]), (...bytes) => {
    const { variance, gamma, eps } = statistics
    const read = inTurn(bytes)
    const scale = scaleOf(read(variance), read(gamma), eps)
    return scaleBlocks(floatDType(weight), rounded(scale).values, blocksOf(weight))
  })

/** How `b - mean`, `r` and gamma are multiplied; the order decides the last bit. */
type Products = (centred: ChannelVector, root: ChannelVector, gamma: ChannelVector) => ChannelVector

const foldBias = (
  bias: Tensor | null,
  weight: Tensor,
  statistics: Statistics,
  products: Products,
): Tensor => {
  const dtype = floatDType(bias ?? weight)
  const { mean, variance, gamma, beta } = statistics
  const operands = present([mean, variance, gamma, beta, bias])
  return deferredTensor(dtype, mean.shape, operands, (...bytes) =>
    foldedBias(inTurn(bytes), bias, dtype, statistics, products),
  )
}

/** The vectors are read in the order in which `foldBias` names their tensors. */
const foldedBias = (
  read: ReadVector,
  bias: Tensor | null,
  dtype: FloatDType,
  { mean, variance, gamma, beta, eps }: Statistics,
  products: Products,
): Uint8Array => {
  const centre = read(mean)
  const root = reciprocalRoot(read(variance), eps)
  const factor = read(gamma) ?? filled(1, centre)
  const shift = read(beta) ?? filled(0, centre)
  const centred = minus(read(bias) ?? filled(0, centre), centre)
  return encode(plus(products(centred, root, factor), shift).values, dtype)
}

const rows = ({ shape }: Tensor): Blocks => leadingChannels(shape)
const exactScale: RoundScale = (scale) => scale
const leftToRight: Products = (centred, root, gamma) => times(times(centred, root), gamma)
const scaleFirst: Products = (centred, root, gamma) => times(centred, times(gamma, root))

/** Weight and bias of a convolution (any groups) that computes what it and the batch-norm after it compute. */
export const foldConv = ({ weight, bias }: ConvAttrs, bn: BatchNormAttrs): Folded => {
  const statistics = statisticsOf(bn)
  return {
    weight: foldWeight(weight, statistics, rows, exactScale),
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
    weight: foldWeight(weight, statistics, ({ shape }) => transposedChannels(shape, groups), exactScale),
    bias: foldBias(bias, weight, statistics, leftToRight),
  }
}

/** The same for a linear layer; here torch rounds the scale to the weight's dtype before it multiplies. */
export const foldLinear = ({ weight, bias }: LinearAttrs, bn: BatchNormAttrs): Folded => {
  const statistics = statisticsOf(bn)
  const rounded: RoundScale = (scale) => castTo(scale, floatDType(weight))
  return {
    weight: foldWeight(weight, statistics, rows, rounded),
    bias: foldBias(bias, weight, statistics, scaleFirst),
  }
}
