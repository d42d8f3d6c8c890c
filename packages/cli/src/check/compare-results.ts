import { type DType, decode, isFloat } from '@nnfuse/ir'
import type { Result } from '../runtime/loaded-model.js'

/** How far one output of two models is apart. */
export interface Difference {
  /** Largest |a - b|. */
  readonly absolute: number
  /** Largest |a - b| divided by the largest |a| of the output. */
  readonly relative: number
  /** How many elements are finite on both sides: only those prove something. */
  readonly compared: number
  /** What no number says: another shape, NaN on one side only. */
  readonly problem?: string
}

const nothing: Difference = { absolute: 0, relative: 0, compared: 0 }

const formatResult = ({ dtype, shape }: Result): string => `${dtype}[${shape.join(', ')}]`

const sameShape = (a: Result, b: Result): boolean =>
  a.dtype === b.dtype &&
  a.shape.length === b.shape.length &&
  a.shape.every((size, axis) => size === b.shape[axis])

const numbersOf = (bytes: Uint8Array, dtype: DType): ArrayLike<number> => {
  const values = decode(bytes, dtype)
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values
}

/** Differences between two lists of numbers. Equal infinities and NaN on both sides agree. */
export const compareNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): Difference => {
  let [absolute, magnitude, compared, oneSided] = [0, 0, 0, 0]
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number]
    if (Number.isFinite(x) && Number.isFinite(y)) {
      compared += 1
      absolute = Math.max(absolute, Math.abs(x - y))
      magnitude = Math.max(magnitude, Math.abs(x))
    } else if (!Object.is(x, y)) oneSided += 1
  }
  // Where an output is zero throughout there is nothing to be relative to.
  const relative = magnitude === 0 ? absolute : absolute / magnitude
  const problem = `${oneSided} elements are NaN or infinite in one model only`
  return { absolute, relative, compared, ...(oneSided > 0 && { problem }) }
}

const compareStrings = (a: readonly string[], b: readonly string[]): Difference => {
  const different = a.filter((text, i) => text !== b[i]).length
  return { ...nothing, compared: a.length, ...(different > 0 && { problem: `${different} strings differ` }) }
}

/** Compares an output of the first model with that of the second. */
export const compareResults = (a: Result, b: Result): Difference => {
  if (!sameShape(a, b))
    return {
      ...nothing,
      problem: `it is ${formatResult(a)} in one model and ${formatResult(b)} in the other`,
    }
  if (a.values instanceof Uint8Array && b.values instanceof Uint8Array) {
    return compareNumbers(numbersOf(a.values, a.dtype), numbersOf(b.values, b.dtype))
  }
  return compareStrings(a.values as readonly string[], b.values as readonly string[])
}

/** The worse of two comparisons of the same output. */
export const worseOf = (a: Difference, b: Difference): Difference => {
  const problem = a.problem ?? b.problem
  return {
    absolute: Math.max(a.absolute, b.absolute),
    relative: Math.max(a.relative, b.relative),
    compared: a.compared + b.compared,
    ...(problem !== undefined && { problem }),
  }
}

/*
 * Folding gives the same sums in another order, so the last bits differ. How many depends on the length of the sums;
 * these bounds leave room for a few hundred layers, and a wrongly folded layer exceeds them by far.
 */
const bounds: { readonly [D in DType]?: number } = {
  float16: 1e-2,
  bfloat16: 1e-2,
  float32: 1e-4,
  float64: 1e-9,
}

/**
 * The largest relative difference that counts as equal.
 *
 * @param weights dtypes that the model computes in: a float32 output of a float16 model is no more exact than those
 */
export const boundFor = (output: DType, weights: Iterable<DType>): number => {
  if (!isFloat(output)) return 0
  return Math.max(bounds[output] ?? 0, ...[...weights].map((dtype) => bounds[dtype] ?? 0))
}
