import {
  type ConvAttrs,
  decodeFloats,
  deferredTensor,
  elementCount,
  encode,
  type FloatDType,
  inChannels,
  outChannels,
  type Tensor,
} from '@nnfuse/ir'

/*
 * Two convolutions one after the other, one of them with a kernel of 1, as one:
 *
 *   W[o, c, k] = sum over m of W2[o, m, k2] * W1[m, c, k1]      k is k1 or k2: of the other there is but one
 *   b[o]       = b2[o] + sum over m, k2 of W2[o, m, k2] * b1[m]
 *
 * in double precision, rounded once. The groups are as many as divide those of both: a block of such a group goes
 * through blocks of its own in both.
 */

interface Pair {
  readonly first: ConvAttrs
  readonly second: ConvAttrs
}

const taps = ({ weight }: ConvAttrs): number => elementCount(weight.shape.slice(2))

const inPerGroup = (conv: ConvAttrs): number => inChannels(conv) / conv.groups

const kernelOf = ({ first, second }: Pair): readonly number[] =>
  (taps(first) > 1 ? first : second).weight.shape.slice(2)

/** `[outChannels, inChannels / groups, ...kernelSize]` of the one convolution. */
export const composedShape = (pair: Pair, groups: number): readonly number[] => [
  outChannels(pair.second),
  inChannels(pair.first) / groups,
  ...kernelOf(pair),
]

/** The first of `inputs` channels that an output channel reads where both are in groups. */
const firstInput = (output: number, outputs: number, inputs: number, groups: number): number =>
  Math.floor((output * groups) / outputs) * (inputs / groups)

/** Adds a multiple of some numbers to others, `apart` places from each other. */
const addScaled = (
  sum: Float64Array,
  at: number,
  apart: number,
  numbers: ArrayLike<number>,
  scale: number,
): void => {
  for (let i = 0; i < numbers.length; i += 1) {
    const place = at + i * apart
    sum[place] = (sum[place] as number) + scale * (numbers[i] as number)
  }
}

type Floats = Float32Array | Float64Array

/** The kernel of one output channel: what each channel in between brings to it. */
const composeRow = (
  row: Float64Array,
  pair: Pair,
  output: number,
  groups: number,
  w1: Floats,
  w2: Floats,
): void => {
  const { first, second } = pair
  const [outputs, middles, inputs] = [outChannels(second), outChannels(first), inChannels(first)]
  const [own, inner, taps2] = [inPerGroup(first) * taps(first), inPerGroup(second), taps(second)]
  const [firstMiddle, start] = [
    firstInput(output, outputs, middles, second.groups),
    firstInput(output, outputs, inputs, groups),
  ]
  for (let j = 0; j < inner; j += 1) {
    const middle = firstMiddle + j
    const kernel = w1.subarray(middle * own, (middle + 1) * own)
    const skipped = (firstInput(middle, middles, inputs, first.groups) - start) * taps(first) * taps2
    for (let k = 0; k < taps2; k += 1) {
      addScaled(row, skipped + k, taps2, kernel, w2[(output * inner + j) * taps2 + k] as number)
    }
  }
}

export const composeWeights = (pair: Pair, groups: number): Tensor => {
  const { first, second } = pair
  const dtype = first.weight.dtype as FloatDType
  const shape = composedShape(pair, groups)
  return deferredTensor(dtype, shape, [first.weight, second.weight], (bytes1, bytes2) => {
    const [w1, w2] = [decodeFloats(bytes1 as Uint8Array, dtype), decodeFloats(bytes2 as Uint8Array, dtype)]
    const composed = new Float64Array(elementCount(shape))
    const size = elementCount(shape.slice(1))
    for (let output = 0; output < outChannels(second); output += 1)
      composeRow(composed.subarray(output * size, (output + 1) * size), pair, output, groups, w1, w2)
    return encode(composed, dtype)
  })
}

/** What the first bias becomes on its way through the second kernel, which everywhere sees all of it. */
const throughSecond = ({ first, second }: Pair, w2: Floats, b1: Floats, output: number): number => {
  const [inner, taps2] = [inPerGroup(second), taps(second)]
  const start = firstInput(output, outChannels(second), outChannels(first), second.groups)
  let sum = 0
  for (let i = 0; i < inner * taps2; i += 1) {
    sum += (w2[output * inner * taps2 + i] as number) * (b1[start + Math.floor(i / taps2)] as number)
  }
  return sum
}

export const composeBiases = (pair: Pair): Tensor | null => {
  const { first, second } = pair
  if (first.bias === null) return second.bias
  const dtype = first.bias.dtype as FloatDType
  const given = [second.weight, first.bias, ...(second.bias === null ? [] : [second.bias])]
  return deferredTensor(dtype, [outChannels(second)], given, (...bytes) => {
    const [w2, b1, b2] = bytes.map((part) => decodeFloats(part, dtype)) as [Floats, Floats, Floats?]
    const sums = Float64Array.from(
      { length: outChannels(second) },
      (_, output) => (b2?.[output] ?? 0) + throughSecond(pair, w2, b1, output),
    )
    return encode(sums, dtype)
  })
}
