import { axisIn } from '../axes.js'
import type { Ops } from '../ops.js'
import { peekBytes } from '../read-tensor.js'
import { elementCount } from '../tensor.js'
import { decode } from '../tensor-values.js'
import type { Dim, ValueType } from '../value-type.js'
import { divideDims, product } from './sizes.js'

/*
 * Exporters compute sizes in the graph: they take the shape of a value apart, calculate, and put the parts together to
 * the sizes of a reshape. Each number of such a list is known or not, like a size in a shape.
 */

/** Lists of sizes are short. */
const longest = 64

const ofConstant = ({ value, dtype }: ValueType): readonly Dim[] | undefined => {
  if (value === undefined || (dtype !== 'int64' && dtype !== 'int32')) return undefined
  if (value.shape.length > 1 || elementCount(value.shape) > longest) return undefined
  const bytes = peekBytes(value)
  if (bytes === undefined) return undefined
  const numbers = Array.from(decode(bytes, dtype) as ArrayLike<number | bigint>, Number)
  return numbers.every(Number.isSafeInteger) ? numbers : undefined
}

/**
 * The numbers of a list of integers, or of one alone, as far as they are known: a symbol is the size that has it in a
 * shape. Undefined where it is no such list, or nothing is known of it.
 */
export const sizesIn = (type: ValueType): readonly Dim[] | undefined => type.sizes ?? ofConstant(type)

/** A type with what is known of its numbers; unless it has more than one axis, or too many of them. */
export const withSizes = (type: ValueType, sizes: readonly Dim[] | undefined): ValueType => {
  const isList = type.shape !== undefined && type.shape.length <= 1
  if (sizes === undefined || !isList || sizes.length > longest) return type
  return sizes.some((size) => size !== null) ? { ...type, sizes } : type
}

/** Of a list of which only the length is known. */
const unknownSizes = ({ shape }: ValueType): readonly Dim[] | undefined => {
  if (shape === undefined || shape.length > 1) return undefined
  const [length = 1] = shape
  return typeof length === 'number' && length <= longest ? new Array<null>(length).fill(null) : undefined
}

const joined = (values: readonly ValueType[], axis: number): readonly Dim[] | undefined => {
  if (axisIn(axis, 1) !== 0) return undefined
  const lists = values.map((value) => sizesIn(value) ?? unknownSizes(value))
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined
}

/** What two sizes give; null where that is not known. */
type Operation = (a: Dim, b: Dim) => Dim

/** Of numbers; a symbol stays where the other operand changes nothing. */
const onNumbers =
  (compute: (a: number, b: number) => number, left?: number, right?: number): Operation =>
  (a, b) => {
    if (right !== undefined && b === right) return a
    if (left !== undefined && a === left) return b
    if (typeof a !== 'number' || typeof b !== 'number') return null
    const result = compute(a, b)
    return Number.isSafeInteger(result) ? result : null
  }

const plus = onNumbers((a, b) => a + b, 0, 0)

const minus = onNumbers((a, b) => a - b, undefined, 0)

const timesNumbers = onNumbers((a, b) => a * b, 1, 1)

const times: Operation = (a, b) => timesNumbers(a, b) ?? product([a, b])

/** Rounded toward zero, as integers are. */
const overNumbers = onNumbers((a, b) => Math.trunc(a / b), undefined, 1)

/** Of symbols where nothing is to be rounded. */
const over: Operation = (a, b) => overNumbers(a, b) ?? divideDims([a], [b])

/** Number by number; one alone stands for all. */
export const computeSizes = (
  a: ValueType,
  b: ValueType,
  compute: (a: Dim, b: Dim) => Dim,
): readonly Dim[] | undefined => {
  const [x, y] = [sizesIn(a), sizesIn(b)]
  if (x === undefined || y === undefined || (x.length !== y.length && x.length !== 1 && y.length !== 1))
    return undefined
  return Array.from({ length: Math.max(x.length, y.length) }, (_, i) =>
    compute(x[x.length === 1 ? 0 : i] as Dim, y[y.length === 1 ? 0 : i] as Dim),
  )
}

/** {@link Ops} over types that follow sizes, too. */
export const followingSizes = (ops: Ops<ValueType>): Ops<ValueType> => ({
  ...ops,
  concat: (values, axis) => withSizes(ops.concat(values, axis), joined(values, axis)),
  squeeze: (x, axes) => withSizes(ops.squeeze(x, axes), sizesIn(x)),
  unsqueeze: (x, axes) => withSizes(ops.unsqueeze(x, axes), sizesIn(x)),
  reshape: (x, shape) => withSizes(ops.reshape(x, shape), sizesIn(x)),
  add: (a, b) => withSizes(ops.add(a, b), computeSizes(a, b, plus)),
  sub: (a, b) => withSizes(ops.sub(a, b), computeSizes(a, b, minus)),
  mul: (a, b) => withSizes(ops.mul(a, b), computeSizes(a, b, times)),
  div: (a, b) => withSizes(ops.div(a, b), computeSizes(a, b, over)),
})
