import { axisIn, decodeFloats, elementCount, encode, isFloat } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { approximateTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'

/** Along one axis since opset 13; before, along all from it on. */
const axisSince = 13

/** In double precision: each number as a part of the sum, or the logarithm of that. */
const normalized = (
  values: ArrayLike<number>,
  count: number,
  inner: number,
  isLog: boolean,
): Float64Array => {
  const result = Float64Array.from(values)
  for (let row = 0; row < result.length; row += count * inner) {
    for (let first = row; first < row + inner; first += 1) {
      const places = Array.from({ length: count }, (_, i) => first + i * inner)
      const largest = places.reduce(
        (max, at) => Math.max(max, result[at] as number),
        Number.NEGATIVE_INFINITY,
      )
      const sum = places.reduce((total, at) => total + Math.exp((result[at] as number) - largest), 0)
      for (const at of places) {
        const distance = (result[at] as number) - largest
        result[at] = isLog ? distance - Math.log(sum) : Math.exp(distance) / sum
      }
    }
  }
  return result
}

const along =
  (isLog: boolean): Evaluator =>
  (node, [x], _types, opset) => {
    const given = readAttributes(node, { axis: 'int' })
    if (x === undefined || !isFloat(x.dtype) || typeof given === 'string') return undefined
    const { dtype, shape } = x
    const isOne = opset >= axisSince
    const axis = axisIn(given.axis ?? (isOne ? -1 : 1), shape.length)
    if (axis === undefined || elementCount(shape) === 0) return undefined
    const inner = isOne ? elementCount(shape.slice(axis + 1)) : 1
    const count = isOne ? (shape[axis] as number) : elementCount(shape.slice(axis))
    return approximateTensor(x, [x], (bytes) =>
      encode(normalized(decodeFloats(bytes, dtype), count, inner, isLog), dtype),
    )
  }

export const softmax: Evaluator = along(false)
export const logSoftmax: Evaluator = along(true)
