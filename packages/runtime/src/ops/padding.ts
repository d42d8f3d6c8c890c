import { numpy as np } from '@jax-js/jax'
import type { Padding, PaddingMode, PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { badInput } from '../errors.js'

/** How a window moves along its axes; lists have one entry an axis. */
export interface Window {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

/** From the first to the last element that a window touches. */
export const extentOf = ({ kernel, dilation }: Window, axis: number): number =>
  (dilation[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1

/** How many windows there are along each axis. */
export const outputSizes = (
  sizes: readonly number[],
  pairs: readonly PadPair[],
  window: Window,
): readonly number[] =>
  sizes.map((size, axis) => {
    const [before, after] = pairs[axis] ?? [0, 0]
    return Math.floor((size + before + after - extentOf(window, axis)) / (window.stride[axis] ?? 1)) + 1
  })

/** The odd one goes to the end for `same`, to the start for `same-lower`. */
export const halves = (total: number, padding: 'same' | 'same-lower'): PadPair => {
  const smaller = Math.floor(total / 2)
  return padding === 'same' ? [smaller, total - smaller] : [total - smaller, smaller]
}

/** Padding in numbers. `same` is as much as keeps `ceil(size / stride)`, and never negative. */
export const padPairs = (padding: Padding, sizes: readonly number[], window: Window): readonly PadPair[] => {
  if (typeof padding !== 'string') return padding
  return sizes.map((size, axis) => {
    const stride = window.stride[axis] ?? 1
    const needed = (Math.ceil(size / stride) - 1) * stride + extentOf(window, axis) - size
    return halves(Math.max(0, needed), padding)
  })
}

type Source = (position: number, size: number) => number

/** Which element stands at a position outside of the axis. */
const sources: { readonly [M in Exclude<PaddingMode, 'zeros'>]: Source } = {
  reflect: (position, size) => {
    const fromStart = Math.abs(position)
    return fromStart < size ? fromStart : 2 * (size - 1) - fromStart
  },
  replicate: (position, size) => Math.min(Math.max(position, 0), size - 1),
  circular: (position, size) => (position + size) % size,
}

/** Reflecting leaves out the border itself, and going around repeats nothing twice: PyTorch's limits. */
const checkAmount = (mode: PaddingMode, pair: PadPair, size: number): void => {
  const limit = mode === 'reflect' ? size - 1 : size
  if (mode !== 'replicate' && Math.max(...pair) > limit) {
    throw badInput(`${mode} padding of ${Math.max(...pair)} is more than an axis of ${size} has`)
  }
}

/** For each axis after the channels, which element stands at each position of the padded axis. */
export const paddingSources = (
  sizes: readonly number[],
  pairs: readonly PadPair[],
  mode: Exclude<PaddingMode, 'zeros'>,
): readonly (readonly number[])[] =>
  sizes.map((size, i) => {
    const [before, after] = pairs[i] ?? [0, 0]
    checkAmount(mode, [before, after], size)
    return Array.from({ length: before + size + after }, (_, k) => sources[mode](k - before, size))
  })

/** Pads the axes after the channels with elements of the value itself. */
export const padWithElements = (
  x: Value,
  pairs: readonly PadPair[],
  mode: Exclude<PaddingMode, 'zeros'>,
  device: Device,
): Value => {
  const sizes = x.shape.slice(2)
  let result = x
  for (const [i, from] of paddingSources(sizes, pairs, mode).entries()) {
    if (from.length === sizes[i]) continue
    result = np.take(result, device.array(Int32Array.from(from), [from.length], 'int32'), i + 2)
  }
  return result
}
