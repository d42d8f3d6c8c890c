import { numpy as np } from '@jax-js/jax'
import type { AvgPoolAttrs, MaxPoolAttrs } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { wrongShape } from '../errors.js'
import { adaptivePlaces, type Place, reducePlaces, slidingPlaces } from './windows.js'

const checkRank = (shape: readonly number[], axes: number): void => {
  if (shape.length !== axes + 2)
    throw wrongShape('the input', `of ${axes + 2} dimensions, [N, C, ...]`, shape)
}

/** Where each output of a max pooling looks, for each axis. */
export const maxPlaces = (shape: readonly number[], attrs: MaxPoolAttrs): Place[][] => {
  checkRank(shape, attrs.kernelSize.length)
  return slidingPlaces(shape.slice(2), { ...attrs, kernel: attrs.kernelSize, countIncludePad: false })
}

export const maxPool = (x: Value, attrs: MaxPoolAttrs, device: Device): Value =>
  reducePlaces(x, maxPlaces(x.shape, attrs), Number.NEGATIVE_INFINITY, device, (value, axis) =>
    np.max(value, axis),
  )

/** For each output element one over the number of elements it averages; 0 where that is none. */
const reciprocals = (places: readonly (readonly Place[])[]): Float64Array => {
  const divisors = places.reduce<readonly number[]>(
    (outer, along) => outer.flatMap((count) => along.map(({ divisor }) => count * Math.max(0, divisor))),
    [1],
  )
  return Float64Array.from(divisors, (count) => (count === 0 ? 0 : 1 / count))
}

/** What the sum of each place is multiplied with for its average, in the dtype of a value, `[...outputs]`. */
export const averageFactors = (like: Value, places: readonly (readonly Place[])[], device: Device): Value => {
  const shape = places.map((along) => along.length)
  const factors = reciprocals(places)
  return like.dtype === np.float64
    ? device.array(factors, shape, 'float64')
    : device.array(Float32Array.from(factors), shape, 'float32')
}

/** The average of each place. */
export const averageOf = (x: Value, places: readonly (readonly Place[])[], device: Device): Value => {
  const sum = reducePlaces(x, places, 0, device, (value, axis) => np.sum(value, axis))
  return sum.mul(averageFactors(sum, places, device))
}

/** Where each output of an average pooling looks, for each axis. */
export const avgPlaces = (shape: readonly number[], attrs: AvgPoolAttrs): Place[][] => {
  const { kernelSize } = attrs
  checkRank(shape, kernelSize.length)
  const window = { ...attrs, kernel: kernelSize, dilation: kernelSize.map(() => 1) }
  return slidingPlaces(shape.slice(2), window)
}

/** Where each output of an adaptive pooling looks, for each axis. */
export const adaptiveAvgPlaces = (
  shape: readonly number[],
  outputSize: readonly (number | null)[],
): Place[][] => {
  checkRank(shape, outputSize.length)
  return adaptivePlaces(shape.slice(2), outputSize)
}
