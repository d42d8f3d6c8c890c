import { lax, numpy as np } from '@jax-js/jax'
import { type ConvTransposeAttrs, inChannelsTransposed, kernelSize, type PadPair } from '@nnfuse/ir'
import type { Value } from '../device.js'
import { badInput } from '../errors.js'
import { addBias, checkChannelsFirst } from './conv.js'
import { extentOf, halves } from './padding.js'

/*
 * A transposed convolution is a convolution over the input with `stride - 1` zeros between its elements, by the
 * kernel turned around with its channel axes swapped. What is padded there is what a full overlap adds,
 * extent - 1, less what the layer takes off the output.
 */

/** What the layer takes off the full overlap along an axis: its padding. */
export const takenOff = (attrs: ConvTransposeAttrs, sizes: readonly number[], axis: number): PadPair => {
  const { padding, stride, outputPadding } = attrs
  if (typeof padding !== 'string') return padding[axis] ?? [0, 0]
  const step = stride[axis] ?? 1
  const size = sizes[axis] ?? 0
  const full = (size - 1) * step + extentOf({ ...attrs, kernel: kernelSize(attrs) }, axis)
  return halves(full + (outputPadding[axis] ?? 0) - size * step, padding)
}

const amountsOf = (attrs: ConvTransposeAttrs, sizes: readonly number[]): [number, number][] =>
  sizes.map((_, axis) => {
    const reach = extentOf({ ...attrs, kernel: kernelSize(attrs) }, axis) - 1
    const [before, after] = takenOff(attrs, sizes, axis)
    return [reach - before, reach - after + (attrs.outputPadding[axis] ?? 0)]
  })

const checkNotEmpty = (attrs: ConvTransposeAttrs, sizes: readonly number[], amounts: [number, number][]) => {
  for (const [axis, [before, after]] of amounts.entries()) {
    const spread = ((sizes[axis] ?? 0) - 1) * (attrs.stride[axis] ?? 1) + 1
    const reach = extentOf({ ...attrs, kernel: kernelSize(attrs) }, axis) - 1
    if (spread + before + after - reach < 1) throw badInput('the padding leaves nothing of the output')
  }
}

/** `[in, out / groups, ...kernel]` to `[out, in / groups, ...kernel]`, the kernel turned around. */
const turned = (weight: Value, groups: number): Value => {
  const [channels = 0, perGroup = 0, ...kernel] = weight.shape
  const axes = kernel.map((_, i) => i + 3)
  const grouped = weight.reshape([groups, channels / groups, perGroup, ...kernel])
  const swapped = np.flip(grouped.transpose([0, 2, 1, ...axes]), axes)
  return swapped.reshape([groups * perGroup, channels / groups, ...kernel])
}

export const convTranspose = (
  attrs: ConvTransposeAttrs,
  x: Value,
  weight: Value,
  bias: Value | undefined,
): Value => {
  const { stride, dilation, groups } = attrs
  checkChannelsFirst(x.shape, inChannelsTransposed(attrs), stride.length)
  const sizes = x.shape.slice(2)
  const amounts = amountsOf(attrs, sizes)
  checkNotEmpty(attrs, sizes, amounts)
  const ones = stride.map(() => 1)
  const product = lax.convGeneralDilated(x, turned(weight, groups), ones, amounts, {
    lhsDilation: [...stride],
    rhsDilation: [...dilation],
    featureGroupCount: groups,
  })
  return addBias(product, bias)
}
