import {
  axesIn,
  axisIn,
  type Dim,
  divideDims,
  sizesIn,
  type Tensor,
  unknownType,
  type ValueType,
  withSizes,
} from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { peekIntegers } from '../constants/peek.js'
import { rangeOf, sliceArguments } from '../constants/slice.js'
import { type NodeTypes, single } from './node-types.js'

const unknownDims = (rank: number): readonly Dim[] => new Array<Dim>(rank).fill(null)

/** As many axes as before, of any size. */
export const sameRank: NodeTypes = single((_node, [x = unknownType]) => ({
  dtype: x.dtype,
  shape: x.shape && unknownDims(x.shape.length),
}))

/** A 0 copies a size unless the node says otherwise. */
const reshapedDim = (node: NodeProto, x: ValueType, size: Dim, axis: number): Dim => {
  if (size !== 0) return size
  return node.attribute.length === 0 ? (x.shape?.[axis] ?? null) : null
}

/** A -1 is what is left. */
const filled = (dims: readonly Dim[], { shape }: ValueType): readonly Dim[] => {
  const given = dims.filter((dim) => dim !== -1)
  const rest = shape ? divideDims(shape, given) : null
  return dims.map((dim) => (dim === -1 ? rest : dim))
}

/** As many axes as the list of sizes, the second input, is long. */
export const ranked: NodeTypes = single((node, [x = unknownType, list = unknownType]) => {
  const rank = list.shape?.[0]
  if (typeof rank !== 'number') return { dtype: x.dtype, shape: undefined }
  const sizes = sizesIn(list) ?? unknownDims(rank)
  const dims = sizes.map((size, axis) => reshapedDim(node, x, size, axis))
  return { dtype: x.dtype, shape: filled(dims, x) }
})

export const shape: NodeTypes = single((node, [x]) => {
  const given = readAttributes(node, { start: 'int', end: 'int' })
  const dims = typeof given === 'string' ? undefined : x?.shape?.slice(given.start ?? 0, given.end)
  return withSizes({ dtype: 'int64', shape: [dims?.length ?? null] }, dims)
})

/** Of a list, the numbers at known places. */
const gatheredSizes = (x: ValueType, indices: ValueType): readonly Dim[] | undefined => {
  const sizes = sizesIn(x)
  return sizes && sizesIn(indices)?.map((at) => (typeof at === 'number' ? (sizes.at(at) ?? null) : null))
}

export const gather: NodeTypes = single((node, [x = unknownType, indices = unknownType]) => {
  const given = readAttributes(node, { axis: 'int' })
  const axis = typeof given === 'string' ? undefined : axisIn(given.axis ?? 0, x.shape?.length ?? 0)
  if (x.shape === undefined || indices.shape === undefined || axis === undefined)
    return { dtype: x.dtype, shape: undefined }
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  return withSizes({ dtype: x.dtype, shape }, gatheredSizes(x, indices))
})

const only = (type: ValueType | undefined): Dim => (type && sizesIn(type)?.[0]) ?? null

/** From 0 on in steps of 1, as many numbers as the limit says; a symbol is no size below 0. */
export const range: NodeTypes = single((_node, [start, limit, delta]) => {
  const [first, count, step] = [only(start), only(limit), only(delta)]
  const size = typeof count === 'number' ? Math.max(count, 0) : count
  return { dtype: start?.dtype, shape: [first === 0 && step === 1 ? size : null] }
})

/** From the first on in steps of 1, up to what exporters write for the end: all of an axis, however long. */
const isWhole = (start: number, end: number, step: number): boolean =>
  start === 0 && step === 1 && end >= 2 ** 31 - 1

const slicedDim = (dim: Dim, start: number, end: number, step: number): Dim => {
  if (typeof dim === 'number') return rangeOf(dim, start, end, step).count
  return isWhole(start, end, step) ? dim : null
}

const slicedShape = (dims: readonly Dim[], node: NodeProto, inputs: readonly (Tensor | undefined)[]) => {
  const given = node.input.every((name, i) => i === 0 || name === '' || inputs[i])
    ? sliceArguments(node, inputs)
    : undefined
  const axes = given && axesIn(given.axes ?? given.starts.map((_, i) => i), dims.length)
  if (given === undefined || axes === undefined) return unknownDims(dims.length)
  const shape = [...dims]
  for (const [i, axis] of axes.entries()) {
    const [start, end, step = 1] = [given.starts[i], given.ends[i], given.steps?.[i]]
    const isGiven = start !== undefined && end !== undefined && step !== 0
    shape[axis] = isGiven ? slicedDim(dims[axis] as Dim, start, end, step) : null
  }
  return shape
}

/** Of a list, every step-th number from the start on. */
const slicedSizes = (
  x: ValueType,
  node: NodeProto,
  tensors: readonly (Tensor | undefined)[],
): readonly Dim[] | undefined => {
  const sizes = sizesIn(x)
  const given = sizes && sliceArguments(node, tensors)
  const [start, end, step = 1] = [given?.starts[0], given?.ends[0], given?.steps?.[0]]
  if (sizes === undefined || start === undefined || end === undefined || step === 0) return undefined
  const range = rangeOf(sizes.length, start, end, step)
  return Array.from({ length: range.count }, (_, i) => sizes[range.start + i * step] ?? null)
}

export const slice: NodeTypes = single((node, inputs) => {
  const [x = unknownType] = inputs
  const tensors = inputs.map(({ value }) => value)
  const type = { dtype: x.dtype, shape: x.shape && slicedShape(x.shape, node, tensors) }
  const isGiven = node.input.every((name, i) => i === 0 || name === '' || tensors[i])
  return isGiven ? withSizes(type, slicedSizes(x, node, tensors)) : type
})

/** Sizes where the node states them, else equal parts. */
const partsOf = (
  node: NodeProto,
  dim: Dim,
  given: readonly number[] | undefined,
  input: ValueType | undefined,
): readonly Dim[] => {
  const count = node.output.length
  const isInput = (node.input[1] ?? '') !== ''
  const sizes = isInput ? peekIntegers(input?.value) : given
  if (sizes?.length === count) return sizes
  const part = !isInput && !given && typeof dim === 'number' ? dim / count : null
  return new Array<Dim>(count).fill(Number.isInteger(part) ? part : null)
}

export const split: NodeTypes = (node, [x = unknownType, input]) => {
  const given = readAttributes(node, { axis: 'int', split: 'ints', num_outputs: 'int' })
  const axis = typeof given === 'string' ? undefined : axisIn(given.axis ?? 0, x.shape?.length ?? 0)
  if (typeof given === 'string' || x.shape === undefined || axis === undefined) {
    return node.output.map(() => ({ dtype: x.dtype, shape: undefined }))
  }
  const dims = x.shape
  return partsOf(node, dims[axis] as Dim, given.split, input).map((part) => ({
    dtype: x.dtype,
    shape: dims.map((dim, i) => (i === axis ? part : dim)),
  }))
}
