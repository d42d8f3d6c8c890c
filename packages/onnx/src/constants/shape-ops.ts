import { axesIn, elementCount, encode, type Tensor, tensorOf } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { reshaped, transposed } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { peekIntegers } from './peek.js'

/*
 * Operators that move elements about. Each gives undefined where the node says something that it does not know.
 */

/** Of data too, as far as the sizes asked for are known. */
export const shape: Evaluator = (node, _inputs, [type]) => {
  const attributes = readAttributes(node, { start: 'int', end: 'int' })
  if (type?.shape === undefined || typeof attributes === 'string') return undefined
  const dims = type.shape.slice(attributes.start ?? 0, attributes.end ?? type.shape.length)
  return dims.every((dim) => typeof dim === 'number')
    ? tensorOf('int64', [dims.length], encode(dims, 'int64'))
    : undefined
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

export const flatten: Evaluator = (node, [x]) => {
  const attributes = readAttributes(node, { axis: 'int' })
  if (x === undefined || typeof attributes === 'string') return undefined
  const { axis = 1 } = attributes
  if (Math.abs(axis) > x.shape.length) return undefined
  return reshaped(x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))])
}
