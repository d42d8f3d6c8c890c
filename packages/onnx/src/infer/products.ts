import { type Dim, rankOf, typeOps, unknownType, type ValueType } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { type NodeTypes, single } from './node-types.js'

const batchOf = ({ shape }: ValueType): ValueType => ({ dtype: undefined, shape: shape?.slice(0, -2) })

/** What is left of a matrix when its inner axis is gone; of a vector, nothing. */
const outer = (shape: readonly Dim[], axis: -1 | -2): readonly Dim[] =>
  shape.length < 2 ? [] : [shape.at(axis) ?? null]

/** Numpy's: the last two axes are matrices, those before broadcast. */
export const matMul: NodeTypes = single((_node, [a = unknownType, b = unknownType]) => {
  const batch = typeOps.add(batchOf(a), batchOf(b)).shape
  const shape = a.shape && b.shape && batch && [...batch, ...outer(a.shape, -2), ...outer(b.shape, -1)]
  return { dtype: a.dtype ?? b.dtype, shape }
})

export const gemm: NodeTypes = single((node, [a = unknownType, b = unknownType]) => {
  const given = readAttributes(node, { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' })
  if (typeof given === 'string') return undefined
  const rows = a.shape?.[given.transA ? 1 : 0] ?? null
  return { dtype: a.dtype ?? b.dtype, shape: [rows, b.shape?.[given.transB ? 0 : 1] ?? null] }
})

const convolved = (x: ValueType, weight: ValueType, channels: Dim): ValueType | undefined => {
  const rank = rankOf(x) ?? rankOf(weight)
  if (rank === undefined || rank < 2) return undefined
  return { dtype: x.dtype, shape: [x.shape?.[0] ?? null, channels, ...new Array<null>(rank - 2).fill(null)] }
}

/** Batch and channels; how large the picture is, its layer would know. */
export const conv: NodeTypes = single((_node, [x = unknownType, weight = unknownType]) =>
  convolved(x, weight, weight.shape?.[0] ?? null),
)

export const convTranspose: NodeTypes = single((_node, [x = unknownType, weight = unknownType]) =>
  convolved(x, weight, null),
)
