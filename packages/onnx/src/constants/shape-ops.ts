import { encode, type Tensor, tensorOf } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { concatenated, gathered, reshaped, stridedTensor, stridesOf, transposed } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { peekIntegers } from './peek.js'

/*
 * Operators that move elements about. Each gives undefined where the node says something that it does not know.
 */

/** A negative axis counts from the end; undefined where there is no such axis. */
const axisIn = (axis: number, rank: number): number | undefined => {
  const positive = axis < 0 ? axis + rank : axis
  return positive >= 0 && positive < rank ? positive : undefined
}

const axesIn = (axes: readonly number[], rank: number): readonly number[] | undefined => {
  const positive = axes.map((axis) => axisIn(axis, rank))
  return positive.includes(undefined) || new Set(positive).size < axes.length
    ? undefined
    : (positive as number[])
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

const boundary = (value: number, rank: number): number => clamp(value < 0 ? value + rank : value, 0, rank)

export const shape: Evaluator = (node, [x]) => {
  const attributes = readAttributes(node, { start: 'int', end: 'int' })
  if (x === undefined || typeof attributes === 'string') return undefined
  const rank = x.shape.length
  const dims = x.shape.slice(boundary(attributes.start ?? 0, rank), boundary(attributes.end ?? rank, rank))
  return tensorOf('int64', [dims.length], encode(dims, 'int64'))
}

/** Axes stand in an attribute up to opset 12, in the second input since. */
const axesOf = (
  node: Parameters<Evaluator>[0],
  input: Tensor | undefined,
): readonly number[] | undefined | null => {
  const attributes = readAttributes(node, { axes: 'ints' })
  if (typeof attributes === 'string') return undefined
  if (attributes.axes) return attributes.axes
  return input === undefined ? null : peekIntegers(input)
}

export const squeeze: Evaluator = (node, [x, axesInput]) => {
  const axes = axesOf(node, axesInput)
  if (x === undefined || axes === undefined) return undefined
  const removed =
    axes === null ? x.shape.flatMap((dim, i) => (dim === 1 ? [i] : [])) : axesIn(axes, x.shape.length)
  return (
    removed &&
    reshaped(
      x,
      x.shape.filter((_, i) => !removed.includes(i)),
    )
  )
}

export const unsqueeze: Evaluator = (node, [x, axesInput]) => {
  const axes = axesOf(node, axesInput)
  if (x === undefined || !axes) return undefined
  const added = axesIn(axes, x.shape.length + axes.length)
  const dims = [...x.shape]
  for (const axis of [...(added ?? [])].sort((a, b) => a - b)) dims.splice(axis, 0, 1)
  return added && reshaped(x, dims)
}

const withInferred = (dims: readonly number[], count: number): readonly number[] => {
  const rest = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1)
  return dims.map((dim) => (dim === -1 ? count / rest : dim))
}

export const reshape: Evaluator = (node, [x, shapeInput]) => {
  const attributes = readAttributes(node, { allowzero: 'int' })
  const wanted = peekIntegers(shapeInput)
  if (x === undefined || wanted === undefined || typeof attributes === 'string') return undefined
  const copied = attributes.allowzero
    ? wanted
    : wanted.map((dim, i) => (dim === 0 ? (x.shape[i] ?? -2) : dim))
  const count = x.shape.reduce((a, b) => a * b, 1)
  const dims = withInferred(copied, count)
  return dims.every((dim) => Number.isInteger(dim) && dim >= 0) ? reshaped(x, dims) : undefined
}

export const transpose: Evaluator = (node, [x]) => {
  const attributes = readAttributes(node, { perm: 'ints' })
  if (x === undefined || typeof attributes === 'string') return undefined
  const perm = attributes.perm ?? x.shape.map((_, i) => x.shape.length - 1 - i)
  const isPermutation = perm.length === x.shape.length && x.shape.every((_, axis) => perm.includes(axis))
  return isPermutation ? transposed(x, perm) : undefined
}

export const expand: Evaluator = (_node, [x, shapeInput]) => {
  const wanted = peekIntegers(shapeInput)
  if (x === undefined || wanted === undefined) return undefined
  const rank = Math.max(wanted.length, x.shape.length)
  const from = [...new Array(rank - x.shape.length).fill(1), ...x.shape]
  const to = [...new Array(rank - wanted.length).fill(1), ...wanted]
  const dims = from.map((dim, i) => (dim === 1 ? (to[i] as number) : dim))
  if (dims.some((dim, i) => dim < 0 || (to[i] !== 1 && to[i] !== dim))) return undefined
  if (dims.length === x.shape.length && dims.every((dim, i) => dim === x.shape[i])) return x
  const strides = stridesOf(from).map((stride, i) => (from[i] === 1 ? 0 : stride))
  return stridedTensor(x, dims, strides)
}

export const gather: Evaluator = (node, [x, indexInput]) => {
  const attributes = readAttributes(node, { axis: 'int' })
  const indices = peekIntegers(indexInput)
  if (x === undefined || indexInput === undefined || !indices || typeof attributes === 'string')
    return undefined
  const axis = axisIn(attributes.axis ?? 0, x.shape.length)
  if (axis === undefined) return undefined
  const positive = indices.map((index) => axisIn(index, x.shape[axis] as number))
  return positive.includes(undefined) ? undefined : gathered(x, axis, positive as number[], indexInput.shape)
}

/** They become the arguments of one function call. */
const mostConcatenated = 1000

export const concat: Evaluator = (node, inputs) => {
  const attributes = readAttributes(node, { axis: 'int' })
  const [first] = inputs
  if (first === undefined || inputs.includes(undefined) || typeof attributes === 'string') return undefined
  if (inputs.length > mostConcatenated) return undefined
  const tensors = inputs as readonly Tensor[]
  const axis = axisIn(attributes.axis ?? Number.NaN, first.shape.length)
  if (axis === undefined) return undefined
  const fits = ({ dtype, shape }: Tensor): boolean =>
    dtype === first.dtype &&
    shape.length === first.shape.length &&
    shape.every((dim, i) => i === axis || dim === first.shape[i])
  return tensors.every(fits) ? concatenated(tensors, axis) : undefined
}

interface SliceArguments {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly axes: readonly number[] | undefined
  readonly steps: readonly number[] | undefined
}

/** Attributes up to opset 9, inputs since. */
const sliceArguments: (...args: Parameters<Evaluator>) => SliceArguments | undefined = (node, inputs) => {
  const attributes = readAttributes(node, { starts: 'ints', ends: 'ints', axes: 'ints' })
  if (typeof attributes === 'string') return undefined
  const given = inputs.slice(1).map(peekIntegers)
  if (inputs.slice(1).some((input, i) => input !== undefined && given[i] === undefined)) return undefined
  const starts = attributes.starts ?? given[0]
  const ends = attributes.ends ?? given[1]
  return starts && ends && { starts, ends, axes: attributes.axes ?? given[2], steps: given[3] }
}

interface Range {
  readonly start: number
  readonly step: number
  readonly count: number
}

const rangeOf = (size: number, start: number, end: number, step: number): Range => {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const from = clamp(start < 0 ? start + size : start, Math.max(low, 0), high)
  const to = clamp(end < 0 ? end + size : end, low, high)
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) }
}

export const slice: Evaluator = (node, inputs, types) => {
  const [x] = inputs
  const given = sliceArguments(node, inputs, types)
  if (x === undefined || given === undefined) return undefined
  const axes = axesIn(given.axes ?? given.starts.map((_, i) => i), x.shape.length)
  const steps = given.steps ?? given.starts.map(() => 1)
  const lengths = [given.starts, given.ends, steps].map(({ length }) => length)
  if (axes === undefined || steps.includes(0) || lengths.some((length) => length !== axes.length))
    return undefined
  const ranges: Range[] = x.shape.map((count) => ({ start: 0, step: 1, count }))
  for (const [i, axis] of axes.entries()) {
    const [start, end, step] = [given.starts[i], given.ends[i], steps[i]] as [number, number, number]
    ranges[axis] = rangeOf(x.shape[axis] as number, start, end, step)
  }
  return sliced(x, ranges)
}

const sliced = (x: Tensor, ranges: readonly Range[]): Tensor | undefined => {
  const strides = stridesOf(x.shape)
  const offset = ranges.reduce((sum, { start }, i) => sum + start * (strides[i] as number), 0)
  return stridedTensor(
    x,
    ranges.map(({ count }) => count),
    ranges.map(({ step }, i) => step * (strides[i] as number)),
    offset,
  )
}
