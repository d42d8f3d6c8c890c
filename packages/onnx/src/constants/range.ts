import { type DType, encode, isFloat } from '@nnfuse/ir'
import { derivedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { fits, isInteger } from './numbers.js'
import { peekScalar } from './peek.js'

const isExact = (dtype: DType, value: number): boolean => isFloat(dtype) || fits(dtype, value)

/** Integers, and floats as ONNX Runtime steps: the distance from the start rounded, then the sum. */
const stepsOf = (dtype: DType, count: number, start: number, delta: number): number[] => {
  const round = dtype === 'float32' ? Math.fround : (value: number) => value
  return Array.from({ length: count }, (_, i) => start + round(i * delta))
}

export const range: Evaluator = ({ attribute }, inputs) => {
  const dtype = inputs[0]?.dtype
  const [start, limit, delta] = inputs.map(peekScalar)
  if (dtype === undefined || start === undefined || limit === undefined || delta === undefined)
    return undefined
  if (attribute.length > 0 || inputs.some((input) => input?.dtype !== dtype) || delta === 0) return undefined
  const isKnown = dtype === 'float32' || dtype === 'float64' || isInteger(dtype)
  if (!isKnown || ![start, limit, delta].every((value) => isExact(dtype, value))) return undefined
  const count = Math.max(0, Math.ceil((limit - start) / delta))
  return derivedTensor({ dtype, shape: [count] }, [], () =>
    encode(stepsOf(dtype, count, start, delta), dtype),
  )
}
