import { axesIn, axisIn, type Dim, type Tensor, unknownType, type ValueType } from '@nnfuse/ir'
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

/** As many axes as the list of sizes, the second input, is long. */
export const ranked: NodeTypes = single((_node, [x = unknownType, sizes = unknownType]) => {
  const rank = sizes.shape?.[0]
  return { dtype: x.dtype, shape: typeof rank === 'number' ? unknownDims(rank) : undefined }
})

export const shape: NodeTypes = single((node, [x]) => {
  const given = readAttributes(node, { start: 'int', end: 'int' })
  const dims = typeof given === 'string' ? undefined : x?.shape?.slice(given.start ?? 0, given.end)
  return { dtype: 'int64', shape: [dims?.length ?? null] }
})

export const gather: NodeTypes = single((node, [x = unknownType, indices = unknownType]) => {
  const given = readAttributes(node, { axis: 'int' })
  const axis = typeof given === 'string' ? undefined : axisIn(given.axis ?? 0, x.shape?.length ?? 0)
  if (x.shape === undefined || indices.shape === undefined || axis === undefined)
    return { dtype: x.dtype, shape: undefined }
  return {
    dtype: x.dtype,
    shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
  }
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

export const slice: NodeTypes = single((node, inputs) => {
  const [x = unknownType] = inputs
  const tensors = inputs.map(({ value }) => value)
  return { dtype: x.dtype, shape: x.shape && slicedShape(x.shape, node, tensors) }
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
