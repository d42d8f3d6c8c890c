import type { Padding } from '../kinds/attributes.js'
import { type ConvTransposeAttrs, kernelSize, outChannelsTransposed } from '../kinds/conv.js'
import type { Dim, ValueType } from '../value-type.js'
import { onNumber } from './sizes.js'
import { typed, unknownDims } from './typed.js'

/** How a window moves along the spatial axes. */
interface Window {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation?: readonly number[]
  readonly padding: Padding
  readonly ceilMode?: boolean
}

const extentOf = (kernel: readonly number[], dilation: readonly number[] | undefined, axis: number): number =>
  (dilation?.[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1

const windowed = (
  size: number,
  axis: number,
  { kernel, stride, dilation, padding, ceilMode }: Window,
): number => {
  const step = stride[axis] ?? 1
  if (typeof padding === 'string') return Math.ceil(size / step)
  const [before, after] = padding[axis] ?? [0, 0]
  const places = (size + before + after - extentOf(kernel, dilation, axis)) / step
  if (!ceilMode) return Math.floor(places) + 1
  const rounded = Math.ceil(places) + 1
  return (rounded - 1) * step >= size + before ? rounded - 1 : rounded
}

/** Whether there are as many windows as places, however many these are. */
const keepsSize = (axis: number, { kernel, stride, dilation, padding }: Window): boolean => {
  if ((stride[axis] ?? 1) !== 1) return false
  if (typeof padding === 'string') return true
  const [before, after] = padding[axis] ?? [0, 0]
  return before + after === extentOf(kernel, dilation, axis) - 1
}

const shapeOfRank = (x: ValueType, rank: number): readonly Dim[] =>
  x.shape?.length === rank ? x.shape : unknownDims(rank)

/** Convolutions and pools. A number of channels where the layer decides it, else that of the input. */
export const spatial = (x: ValueType, channels: Dim | undefined, window: Window): ValueType => {
  const shape = shapeOfRank(x, window.kernel.length + 2)
  const sizes = shape
    .slice(2)
    .map((dim, axis) =>
      keepsSize(axis, window) ? dim : onNumber(dim, (size) => windowed(size, axis, window)),
    )
  return typed(x.dtype, [shape[0] ?? null, channels ?? shape[1] ?? null, ...sizes])
}

const unwindowed = (size: number, axis: number, attrs: ConvTransposeAttrs): number => {
  const { stride, padding, outputPadding, dilation } = attrs
  const step = stride[axis] ?? 1
  if (typeof padding === 'string') return size * step
  const [before, after] = padding[axis] ?? [0, 0]
  const extent = extentOf(kernelSize(attrs), dilation, axis)
  return (size - 1) * step - before - after + extent + (outputPadding[axis] ?? 0)
}

export const convTransposed = (x: ValueType, attrs: ConvTransposeAttrs): ValueType => {
  const shape = shapeOfRank(x, attrs.weight.shape.length)
  const sizes = shape.slice(2).map((dim, axis) => onNumber(dim, (size) => unwindowed(size, axis, attrs)))
  return typed(x.dtype, [shape[0] ?? null, outChannelsTransposed(attrs), ...sizes])
}
