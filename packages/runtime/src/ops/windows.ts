import { numpy as np } from '@jax-js/jax'
import type { Padding } from '@nnfuse/ir'
import { type Device, scalar, type Value } from '../device.js'
import { badInput } from '../errors.js'
import { extentOf, padPairs, type Window } from './padding.js'

/*
 * Every pool is separable: the largest (or the sum) of a window is that of its rows' largest (or sums). So pools
 * go axis by axis, and all that differs between them is which elements each output element looks at. Padding,
 * dilation, rounding up and adaptive sizes are then only lists of positions.
 */

/** The positions on one axis that one output element looks at, and how many count in an average's divisor. */
export interface Place {
  readonly positions: readonly number[]
  readonly divisor: number
}

const outputSize = (
  size: number,
  padded: number,
  before: number,
  extent: number,
  stride: number,
  ceil: boolean,
) => {
  const places = (padded - extent) / stride
  if (!ceil) return Math.floor(places) + 1
  const rounded = Math.ceil(places) + 1
  // A window that would start in the padding after the input is left out.
  return (rounded - 1) * stride >= size + before ? rounded - 1 : rounded
}

export interface Sliding extends Window {
  readonly padding: Padding
  readonly ceilMode: boolean
  /** Whether padding counts in the divisor. What rounding up reaches beyond the padding never does. */
  readonly countIncludePad: boolean
}

/** Where a sliding window looks, for each axis and each output position. */
export const slidingPlaces = (sizes: readonly number[], window: Sliding): Place[][] => {
  const pairs = padPairs(window.padding, sizes, window)
  return sizes.map((size, axis) => {
    const [before, after] = pairs[axis] ?? [0, 0]
    const [stride, kernel] = [window.stride[axis] ?? 1, window.kernel[axis] ?? 1]
    const extent = extentOf(window, axis)
    const count = outputSize(size, size + before + after, before, extent, stride, window.ceilMode)
    if (count < 1) throw badInput(`a window of ${extent} does not fit an axis of ${size + before + after}`)
    return Array.from({ length: count }, (_, i) => {
      const start = i * stride - before
      const all = Array.from({ length: kernel }, (_unused, k) => start + k * (window.dilation[axis] ?? 1))
      const positions = all.filter((position) => position >= 0 && position < size)
      const inPadded = Math.min(start + kernel, size + after) - start
      return { positions, divisor: window.countIncludePad ? inPadded : positions.length }
    })
  })
}

/** Output i of n looks at the elements from `floor(i * size / n)` to before `ceil((i + 1) * size / n)`. */
export const adaptivePlaces = (sizes: readonly number[], wanted: readonly (number | null)[]): Place[][] =>
  sizes.map((size, axis) => {
    const count = wanted[axis] ?? size
    return Array.from({ length: count }, (_, i) => {
      const start = Math.floor((i * size) / count)
      const end = Math.ceil(((i + 1) * size) / count)
      const positions = Array.from({ length: end - start }, (_unused, k) => start + k)
      return { positions, divisor: positions.length }
    })
  })

/** Gathers the elements of each place along an axis and reduces them; `fill` stands where a place has fewer. */
const reduceAxis = (
  x: Value,
  axis: number,
  places: readonly Place[],
  fill: number,
  device: Device,
  reduce: (x: Value, axis: number) => Value,
): Value => {
  const width = Math.max(1, ...places.map(({ positions }) => positions.length))
  const from = places.flatMap(({ positions }) => Array.from({ length: width }, (_, k) => positions[k] ?? -1))
  const index = Int32Array.from(from, (position) => Math.max(0, position))
  const gathered = np.take(x, device.array(index, [places.length, width], 'int32'), axis)
  if (!from.includes(-1)) return reduce(gathered, axis + 1)
  const mask = Int32Array.from(from, (position) => (position === -1 ? 0 : 1))
  const trailing = gathered.shape.slice(axis + 2).map(() => 1)
  const present = device.array(mask, [places.length, width, ...trailing], 'bool')
  const filler = scalar(gathered, fill)
  return reduce(np.where(present, gathered, filler), axis + 1)
}

/** Reduces what each output element looks at, over all axes after the channels. */
export const reducePlaces = (
  x: Value,
  places: readonly (readonly Place[])[],
  fill: number,
  device: Device,
  reduce: (x: Value, axis: number) => Value,
): Value => places.reduce((value, along, i) => reduceAxis(value, i + 2, along, fill, device, reduce), x)
