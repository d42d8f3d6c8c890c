import { decodeFloats, elementCount, encode, isFloat, type Tensor, tensorOf } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { reducedAxes, withoutAxes } from '../infer/reductions.js'
import { approximateTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { fits, integersAtHand, isInteger } from './numbers.js'
import { eachPosition, stridesOf } from './pick-elements.js'

/*
 * Sums of constants and their kin. The order in which a runtime adds floats is its own, and with it the last digit: they
 * are added in double precision here, and rounded once. Integers are computed at once.
 */

interface Reduction {
  readonly start: number
  readonly step: (result: number, value: number) => number
  /** What becomes of the result of so many values. */
  readonly finish?: (result: number, count: number) => number
  /** False where integers are left to the runtime. */
  readonly integers?: false
}

/** For each axis of the input the distance in the result: none along axes that are gone. */
const resultStrides = (shape: readonly number[], axes: readonly number[]): readonly number[] => {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
  return stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride))
}

const reduced = (
  values: ArrayLike<number>,
  shape: readonly number[],
  axes: readonly number[],
  { start, step, finish = (result) => result }: Reduction,
): Float64Array => {
  const count = elementCount(shape.filter((_, axis) => axes.includes(axis)))
  const results = new Float64Array(elementCount(shape.filter((_, axis) => !axes.includes(axis)))).fill(start)
  eachPosition(shape, resultStrides(shape, axes), 0, (at, i) => {
    results[at] = step(results[at] as number, values[i] as number)
  })
  return results.map((result) => finish(result, count))
}

const ofIntegers = (
  x: Tensor,
  shape: readonly number[],
  axes: readonly number[],
  reduction: Reduction,
): Tensor | undefined => {
  const values = reduction.integers === false ? undefined : integersAtHand(x)
  const results = values && [...reduced(values, x.shape, axes, reduction)]
  return results?.every((value) => Number.isSafeInteger(value) && fits(x.dtype, value))
    ? tensorOf(x.dtype, shape, encode(results, x.dtype))
    : undefined
}

const reduce =
  (reduction: Reduction): Evaluator =>
  (node, [x], types) => {
    const given = readAttributes(node, { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' })
    if (x === undefined || typeof given === 'string') return undefined
    const axes = reducedAxes(node, types, given)
    if (axes === undefined || axes.length === 0 || elementCount(x.shape) === 0) return undefined
    const { dtype } = x
    const shape = withoutAxes(x.shape, axes, (given.keepdims ?? 1) !== 0)
    if (isInteger(dtype) && dtype !== 'bool') return ofIntegers(x, shape, axes, reduction)
    if (!isFloat(dtype)) return undefined
    return approximateTensor({ dtype, shape }, [x], (bytes) =>
      encode(reduced(decodeFloats(bytes, dtype), x.shape, axes, reduction), dtype),
    )
  }

const sum = (result: number, value: number): number => result + value
const sumOfSquares = (result: number, value: number): number => result + value * value

export const reduceSum: Evaluator = reduce({ start: 0, step: sum })
export const reduceMean: Evaluator = reduce({
  start: 0,
  step: sum,
  finish: (result, count) => result / count,
  integers: false,
})
export const reduceSumSquare: Evaluator = reduce({ start: 0, step: sumOfSquares })
export const reduceL1: Evaluator = reduce({ start: 0, step: (result, value) => result + Math.abs(value) })
export const reduceL2: Evaluator = reduce({
  start: 0,
  step: sumOfSquares,
  finish: Math.sqrt,
  integers: false,
})
export const reduceProd: Evaluator = reduce({ start: 1, step: (result, value) => result * value })
export const reduceMax: Evaluator = reduce({ start: Number.NEGATIVE_INFINITY, step: Math.max })
export const reduceMin: Evaluator = reduce({ start: Number.POSITIVE_INFINITY, step: Math.min })
