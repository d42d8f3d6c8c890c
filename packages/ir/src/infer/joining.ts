import { axisIn } from '../axes.js'
import { type Dim, rankOf, type ValueType } from '../value-type.js'
import { broadcastDim, mostPrecise, sum } from './sizes.js'
import { typed, unknownDims } from './typed.js'

/** Shapes that broadcast as numpy's: aligned at the last axis. */
const broadcastShapes = (a: readonly Dim[], b: readonly Dim[]): readonly Dim[] => {
  const rank = Math.max(a.length, b.length)
  const dimsFromEnd = Array.from({ length: rank }, (_, i) => broadcastDim(a.at(-1 - i), b.at(-1 - i)))
  return dimsFromEnd.reverse()
}

export const broadcast = (a: ValueType, b: ValueType): ValueType =>
  typed(a.dtype ?? b.dtype, a.shape && b.shape && broadcastShapes(a.shape, b.shape))

/** All have the same number of axes, so one that is known tells it of the others. */
export const concat = (values: readonly ValueType[], axis: number): ValueType => {
  const dtype = values.find((value) => value.dtype !== undefined)?.dtype
  const ranks = new Set(values.flatMap((value) => rankOf(value) ?? []))
  const [rank] = ranks
  const along = rank === undefined || ranks.size > 1 ? undefined : axisIn(axis, rank)
  if (rank === undefined || along === undefined) return typed(dtype, undefined)
  const shapes = values.map(({ shape }) => shape ?? unknownDims(rank))
  const dims = Array.from({ length: rank }, (_, i) => shapes.map((shape) => shape[i] ?? null))
  return typed(
    dtype,
    dims.map((sizes, i) => (i === along ? sum(sizes) : mostPrecise(sizes))),
  )
}
