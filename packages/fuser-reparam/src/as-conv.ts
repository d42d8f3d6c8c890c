import {
  type BatchNormAttrs,
  decodeFloats,
  deferredTensor,
  encode,
  type FloatDType,
  floatTensor,
  type Tensor,
} from '@nnfuse/ir'
import type { PaddedConv } from './resolve-padding.js'

/*
 * Batch-norm at inference and the input as it is are convolutions with a kernel of 1 and a group for each channel:
 *
 *   batch-norm    W[c] = s,  b[c] = beta - mean * s,   s = gamma / sqrt(var + eps)
 *   the input     W[c] = 1
 */

const perChannel = (weight: Tensor, bias: Tensor | null, axes: number): PaddedConv => {
  const each = <T>(value: T): T[] => Array.from({ length: axes }, () => value)
  return {
    weight,
    bias,
    stride: each(1),
    padding: each([0, 0] as const),
    dilation: each(1),
    groups: weight.shape[0] as number,
    paddingMode: 'zeros',
  }
}

const kernelShape = (channels: number, axes: number): readonly number[] => [
  channels,
  ...Array.from({ length: axes + 1 }, () => 1),
]

/** Numbers a channel, computed when they are read; a tensor that is not there counts as `missing`. */
type Column = (channel: number) => number

const column = (bytes: Uint8Array | undefined, dtype: FloatDType, missing: number): Column => {
  if (bytes === undefined) return () => missing
  const values = decodeFloats(bytes, dtype)
  return (channel) => values[channel] as number
}

/** `hasRunningStats` has made sure of the statistics, `sameFloats` of the dtype. */
const partsOf = ({ runningMean, runningVar, weight, bias }: BatchNormAttrs): readonly (Tensor | null)[] => [
  runningVar,
  weight,
  runningMean,
  bias,
]

type Compute = (variance: number, gamma: number, mean: number, beta: number) => number

const computed = (bn: BatchNormAttrs, shape: readonly number[], compute: Compute): Tensor => {
  const parts = partsOf(bn)
  const present = parts.filter((part) => part !== null)
  const dtype = (bn.runningVar as Tensor).dtype as FloatDType
  return deferredTensor(dtype, shape, present, (...bytes) => {
    const bytesOf = (i: number): Uint8Array | undefined =>
      parts[i] ? bytes[present.indexOf(parts[i])] : undefined
    const [variance, gamma] = [column(bytesOf(0), dtype, 1), column(bytesOf(1), dtype, 1)]
    const [mean, beta] = [column(bytesOf(2), dtype, 0), column(bytesOf(3), dtype, 0)]
    const values = Float64Array.from({ length: bn.numFeatures }, (_, c) =>
      compute(variance(c), gamma(c), mean(c), beta(c)),
    )
    return encode(values, dtype)
  })
}

/** A batch-norm as a convolution over so many axes. */
export const normAsConv = (bn: BatchNormAttrs, axes: number): PaddedConv => {
  const scale: Compute = (variance, gamma) => gamma / Math.sqrt(variance + bn.eps)
  const shift: Compute = (variance, gamma, mean, beta) => beta - mean * scale(variance, gamma, mean, beta)
  const weight = computed(bn, kernelShape(bn.numFeatures, axes), scale)
  return perChannel(weight, computed(bn, [bn.numFeatures], shift), axes)
}

/** What gives its input, as a convolution over so many axes. */
export const inputAsConv = (channels: number, axes: number, dtype: FloatDType): PaddedConv => {
  const ones = new Float64Array(channels).fill(1)
  return perChannel(floatTensor(ones, kernelShape(channels, axes), dtype), null, axes)
}
