import {
  decodeFloats,
  deferredTensor,
  elementCount,
  encode,
  type FloatDType,
  inChannels,
  outChannels,
  type Tensor,
} from '@nnfuse/ir'
import { type AlignedWindow, tapsOf } from './align-windows.js'
import { type PaddedConv, padsAnything } from './resolve-padding.js'

/*
 * Convolution is linear in its kernel, so where two read the same values their sum is
 *
 *   conv(x, A) + conv(x, B) = conv(x, A' + B')        b = bA + bB
 *
 * with each kernel put into a larger one, zeros around. The sum is rounded once.
 */

/** For each element of a kernel, where it goes in the kernel of another window. */
const places = (conv: PaddedConv, window: AlignedWindow): readonly number[] => {
  let found = [0]
  for (const [axis, size] of window.kernel.entries()) {
    const { first, step, count } = tapsOf(conv, axis)
    const start = first + (window.padding[axis]?.[0] ?? 0)
    const along = Array.from({ length: count }, (_, i) => (start + i * step) / (window.dilation[axis] ?? 1))
    found = found.flatMap((place) => along.map((at) => place * size + at))
  }
  return found
}

/** Adds a kernel to a larger one whose groups are no smaller. */
const addKernel = (
  sum: Float64Array,
  conv: PaddedConv,
  bytes: Uint8Array,
  window: AlignedWindow,
  groups: number,
): void => {
  const weight = decodeFloats(bytes, conv.weight.dtype)
  const at = places(conv, window)
  const [out, own, wide] = [outChannels(conv), inChannels(conv) / conv.groups, inChannels(conv) / groups]
  const size = elementCount(window.kernel)
  for (let o = 0; o < out; o += 1) {
    const skipped = Math.floor((o * conv.groups) / out) * own - Math.floor((o * groups) / out) * wide
    for (let c = 0; c < own; c += 1) {
      const [from, to] = [(o * own + c) * at.length, (o * wide + skipped + c) * size]
      for (const [i, place] of at.entries())
        sum[to + place] = (sum[to + place] as number) + (weight[from + i] as number)
    }
  }
}

const sumWeights = (a: PaddedConv, b: PaddedConv, window: AlignedWindow, groups: number): Tensor => {
  const dtype = a.weight.dtype as FloatDType
  const shape = [outChannels(a), inChannels(a) / groups, ...window.kernel]
  return deferredTensor(dtype, shape, [a.weight, b.weight], (first, second) => {
    const sum = new Float64Array(elementCount(shape))
    addKernel(sum, a, first as Uint8Array, window, groups)
    addKernel(sum, b, second as Uint8Array, window, groups)
    return encode(sum, dtype)
  })
}

const sumBiases = (a: Tensor | null, b: Tensor | null): Tensor | null => {
  if (a === null || b === null) return a ?? b
  const dtype = a.dtype as FloatDType
  return deferredTensor(dtype, a.shape, [a, b], (first, second) => {
    const added = decodeFloats(second as Uint8Array, dtype)
    return encode(
      Float64Array.from(decodeFloats(first as Uint8Array, dtype), (x, i) => x + (added[i] as number)),
      dtype,
    )
  })
}

/** Weights a kernel for both has. */
export const weightCount = (a: PaddedConv, { kernel }: AlignedWindow, groups: number): number =>
  elementCount([outChannels(a), inChannels(a) / groups, ...kernel])

/** The convolution that gives what two give together. */
export const sumKernels = (
  a: PaddedConv,
  b: PaddedConv,
  window: AlignedWindow,
  groups: number,
): PaddedConv => ({
  weight: sumWeights(a, b, window, groups),
  bias: sumBiases(a.bias, b.bias),
  stride: a.stride,
  padding: window.padding,
  dilation: window.dilation,
  groups,
  paddingMode: padsAnything(a) ? a.paddingMode : b.paddingMode,
})
