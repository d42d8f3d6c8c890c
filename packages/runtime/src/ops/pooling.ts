import { numpy as np } from '@jax-js/jax'
import type { AvgPoolAttrs, MaxPoolAttrs } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { wrongShape } from '../errors.js'
import { adaptivePlaces, type Place, reducePlaces, slidingPlaces } from './windows.js'

const checkRank = (shape: readonly number[], axes: number): void => {
  if (shape.length !== axes + 2)
    throw wrongShape('the input', `of ${axes + 2} dimensions, [N, C, ...]`, shape)
}

export const maxPool = (x: Value, attrs: MaxPoolAttrs, device: Device): Value => {
  checkRank(x.shape, attrs.kernelSize.length)
  const window = { ...attrs, kernel: attrs.kernelSize, countIncludePad: false }
  const places = slidingPlaces(x.shape.slice(2), window)
  return reducePlaces(x, places, Number.NEGATIVE_INFINITY, device, (value, axis) => np.max(value, axis))
}

/** For each output element one over the number of elements it averages; 0 where that is none. */
const reciprocals = (places: readonly (readonly Place[])[]): Float64Array => {
  const divisors = places.reduce<readonly number[]>(
    (outer, along) => outer.flatMap((count) => along.map(({ divisor }) => count * Math.max(0, divisor))),
    [1],
  )
  return Float64Array.from(divisors, (count) => (count === 0 ? 0 : 1 / count))
}

const average = (x: Value, places: readonly (readonly Place[])[], device: Device): Value => {
  const sum = reducePlaces(x, places, 0, device, (value, axis) => np.sum(value, axis))
  const shape = places.map((along) => along.length)
  const factors = reciprocals(places)
  return sum.dtype === np.float64
    ? sum.mul(device.array(factors, shape, 'float64'))
    : sum.mul(device.array(Float32Array.from(factors), shape, 'float32'))
}

export const avgPool = (x: Value, attrs: AvgPoolAttrs, device: Device): Value => {
  const { kernelSize } = attrs
  checkRank(x.shape, kernelSize.length)
  const window = { ...attrs, kernel: kernelSize, dilation: kernelSize.map(() => 1) }
  return average(x, slidingPlaces(x.shape.slice(2), window), device)
}

export const adaptiveAvgPool = (x: Value, outputSize: readonly (number | null)[], device: Device): Value => {
  checkRank(x.shape, outputSize.length)
  return average(x, adaptivePlaces(x.shape.slice(2), outputSize), device)
}
