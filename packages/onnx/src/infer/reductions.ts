import { axesIn, axisIn, type Dim, unknownType, type ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { peekIntegers } from '../constants/peek.js'
import { type NodeTypes, single } from './node-types.js'

/** A shape after axes were reduced: they are gone, or kept with size 1. */
export const withoutAxes = <D extends Dim>(
  shape: readonly D[],
  axes: readonly number[],
  keep: boolean,
): readonly (D | 1)[] =>
  shape.flatMap((dim, axis): readonly (D | 1)[] => {
    if (!axes.includes(axis)) return [dim]
    return keep ? [1] : []
  })

/** Undefined where they are not known; all of them where the node names none. */
export const reducedAxes = (
  node: NodeProto,
  [x, axesInput]: readonly ValueType[],
  given: { readonly axes: readonly number[] | undefined; readonly noop_with_empty_axes: number | undefined },
): readonly number[] | undefined => {
  const rank = x?.shape?.length ?? 0
  const isInput = (node.input[1] ?? '') !== ''
  const axes = isInput ? peekIntegers(axesInput?.value) : (given.axes ?? [])
  if (axes === undefined || axes.length > 0) return axes && axesIn(axes, rank)
  return given.noop_with_empty_axes ? [] : Array.from({ length: rank }, (_, axis) => axis)
}

/** ReduceMean and its kin: axes in an attribute, an input since opset 18 (for sums, 13). */
export const reduce: NodeTypes = single((node, inputs) => {
  const [x = unknownType] = inputs
  const given = readAttributes(node, { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' })
  if (typeof given === 'string' || x.shape === undefined) return { dtype: x.dtype, shape: undefined }
  const axes = reducedAxes(node, inputs, given)
  const keep = (given.keepdims ?? 1) !== 0
  if (axes === undefined) return { dtype: x.dtype, shape: keep ? x.shape.map(() => null) : undefined }
  return { dtype: x.dtype, shape: withoutAxes(x.shape, axes, keep) }
})

/** ArgMax and ArgMin. */
export const position: NodeTypes = single((node, [x = unknownType]) => {
  const given = readAttributes(node, { axis: 'int', keepdims: 'int', select_last_index: 'int' })
  const axis = typeof given === 'string' ? undefined : axisIn(given.axis ?? 0, x.shape?.length ?? 0)
  if (typeof given === 'string' || axis === undefined) return { dtype: 'int64', shape: undefined }
  return { dtype: 'int64', shape: x.shape && withoutAxes(x.shape, [axis], (given.keepdims ?? 1) !== 0) }
})

/** A pool over all positions leaves one of each channel. */
export const globalPool: NodeTypes = single((_node, [x = unknownType]) => ({
  dtype: x.dtype,
  shape: x.shape?.map((dim, axis) => (axis < 2 ? dim : 1)),
}))
