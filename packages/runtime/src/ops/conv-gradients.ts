import { numpy as np } from '@jax-js/jax'
import type { PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { convolve } from './convolve.js'
import { columnsOf } from './im2col.js'
import { extentOf, type Window } from './padding.js'

/*
 * The gradients of a convolution, as convolutions and matrix products, which jax-js's own way back is not:
 *
 *   dx = dy, spread out by the stride, convolved with the weight that is turned around and whose channels are swapped
 *   dw = dy * columns,   [out / groups, positions] * [positions, in / groups * kernel] of each group, summed over samples
 *   db = the sum of dy
 */

/** A convolution without its numbers. Padding is zeros. */
export interface ConvGeometry {
  /** Sizes of the input after the channels. */
  readonly sizes: readonly number[]
  readonly pairs: readonly PadPair[]
  readonly window: Window
  readonly groups: number
}

/** Zeros between the elements along each axis after the channels, `stride - 1` of them. */
const spreadOut = (y: Value, stride: readonly number[]): Value => {
  if (stride.every((step) => step === 1)) return y
  const [samples = 0, channels = 0, ...sizes] = y.shape
  const apart = y.reshape([samples, channels, ...sizes.flatMap((size) => [size, 1])])
  const none: [number, number] = [0, 0]
  const padded = np.pad(apart, [
    none,
    none,
    ...stride.flatMap((step) => [none, [0, step - 1] as [number, number]]),
  ])
  const wide = padded.reshape([samples, channels, ...sizes.map((size, i) => size * (stride[i] ?? 1))])
  return wide.slice(
    [],
    [],
    ...sizes.map((size, i): [number, number] => [0, (size - 1) * (stride[i] ?? 1) + 1]),
  )
}

/** Padding with which the gradient of the output gives one for each element of the input. */
const pairsBack = ({ sizes, pairs, window }: ConvGeometry, out: readonly number[]): PadPair[] =>
  sizes.map((size, axis) => {
    const reach = extentOf(window, axis) - 1
    const spread = ((out[axis] ?? 1) - 1) * (window.stride[axis] ?? 1) + 1
    const before = reach - (pairs[axis]?.[0] ?? 0)
    return [before, size - spread - before + reach]
  })

/** `[out, in / groups, ...kernel]` to `[in, out / groups, ...kernel]`, the kernel turned around. */
const turned = (weight: Value, groups: number): Value => {
  const [outputs = 0, perGroup = 0, ...kernel] = weight.shape
  const axes = kernel.map((_, i) => i + 3)
  const grouped = weight.reshape([groups, outputs / groups, perGroup, ...kernel])
  const swapped = np.flip(grouped.transpose([0, 2, 1, ...axes]), axes)
  return swapped.reshape([groups * perGroup, outputs / groups, ...kernel])
}

/** Whether `gradientOfInput` can be had: no padding is more than a window can reach. */
export const reachesPadding = ({ pairs, window }: ConvGeometry): boolean =>
  pairs.every((pair, axis) => pair.every((amount) => amount >= 0 && amount < extentOf(window, axis)))

/** `[N, in, ...sizes]` from `[N, out, ...]`. */
export const gradientOfInput = (dy: Value, weight: Value, geometry: ConvGeometry, device: Device): Value => {
  const { window, groups } = geometry
  const pairs = pairsBack(geometry, dy.shape.slice(2))
  const ones = { ...window, stride: window.stride.map(() => 1) }
  return convolve(spreadOut(dy, window.stride), turned(weight, groups), pairs, ones, groups, device)
}

/** `[out, in / groups, ...kernel]`. */
export const gradientOfWeight = (
  x: Value,
  dy: Value,
  { pairs, window, groups }: ConvGeometry,
  device: Device,
): Value => {
  const [samples = 0, channels = 0] = x.shape
  const [, outputs = 0, ...out] = dy.shape
  const positions = out.reduce((count, size) => count * size, 1)
  const columns = columnsOf(x, pairs, window, groups, device).slice([], [], [], [0, positions])
  const rows = dy.reshape([samples, groups, outputs / groups, positions])
  const product = np.matmul(rows, columns.transpose([0, 1, 3, 2])).sum(0)
  return product.reshape([outputs, channels / groups, ...window.kernel])
}

/** `[out]`. */
export const gradientOfBias = (dy: Value): Value => dy.sum([0, ...dy.shape.slice(2).map((_, i) => i + 2)])
