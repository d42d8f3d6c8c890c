import {
  type AnyModule,
  axesIn,
  type Dim,
  elementCount,
  Flatten,
  Reshape,
  type ReshapeSize,
  rankOf,
  Squeeze,
  Transpose,
  Unsqueeze,
} from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { integersInput } from './integers.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'

const unknownRank = 'the number of axes of its input is not known'

const wrongSizes = (sizes: readonly ReshapeSize[], rank: number | undefined): string | undefined => {
  const inferred = sizes.filter((size) => size === -1).length
  if (sizes.some((size) => size !== 'copy' && size < -1)) return `its shape is ${sizes.join(', ')}`
  if (inferred > 1 || (inferred === 1 && sizes.includes(0))) return 'its shape leaves more than one size open'
  return rank !== undefined && sizes.lastIndexOf('copy') >= rank
    ? 'its shape copies axes that its input does not have'
    : undefined
}

/** A 0 copies the axis of the input, unless `allowzero` says that it is a size. */
export const reshape: Raiser = (node, context) => {
  const given = readAttributes(node, { allowzero: 'int' })
  if (typeof given === 'string') return given
  const numbers = integersInput(node, 1, 'shape', context)
  if (typeof numbers === 'string') return numbers
  if (numbers === undefined) return 'it has no shape'
  const shape = numbers.map((size): ReshapeSize => (size === 0 && !given.allowzero ? 'copy' : size))
  return wrongSizes(shape, rankOf(context.type(node.input[0]))) ?? unary(Reshape({ shape }))
}

/** Without `perm` the axes are reversed. */
export const transpose: Raiser = (node, context) => {
  const given = readAttributes(node, { perm: 'ints' })
  if (typeof given === 'string') return given
  const rank = rankOf(context.type(node.input[0]))
  const size = rank ?? given.perm?.length
  if (size === undefined) return unknownRank
  const perm = given.perm ?? Array.from({ length: size }, (_, axis) => size - 1 - axis)
  if (perm.length !== size || !perm.every((_, axis) => perm.includes(axis)))
    return `its perm is ${perm.join(', ')}`
  return unary(Transpose({ perm }))
}

/** An attribute up to opset 12, an input since. */
const givenAxes = (node: NodeProto, context: RaiseContext): readonly number[] | undefined | string => {
  const given = readAttributes(node, { axes: 'ints' })
  if (typeof given === 'string') return given
  if (context.opset < 13) return given.axes
  return given.axes ? 'its axes are an attribute' : integersInput(node, 1, 'axes', context)
}

const onAxes = (
  make: (axes: readonly number[]) => AnyModule,
  axes: readonly number[],
  rank: number | undefined,
): ReturnType<Raiser> => {
  const isWrong = rank === undefined ? new Set(axes).size < axes.length : axesIn(axes, rank) === undefined
  return isWrong ? `its axes are ${axes.join(', ')}` : unary(make(axes))
}

/** Without axes, all of size 1 go (an old node without them must not be a template for one with them), and which those are only a shape in numbers tells. */
const axesOfSizeOne = (shape: readonly Dim[] | undefined): readonly number[] | undefined =>
  shape?.every((dim) => typeof dim === 'number')
    ? shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
    : undefined

export const squeeze: Raiser = (node, context) => {
  const given = givenAxes(node, context)
  if (typeof given === 'string') return given
  const { shape } = context.type(node.input[0])
  if (given !== undefined) return onAxes((axes) => Squeeze({ axes }), given, shape?.length)
  const axes = axesOfSizeOne(shape)
  if (axes === undefined) return 'which axes have size 1 is not known'
  const raised = unary(Squeeze({ axes }))
  return context.opset < 13 ? { ...raised, indirect: true } : raised
}

export const unsqueeze: Raiser = (node, context) => {
  const given = givenAxes(node, context)
  if (typeof given === 'string') return given
  if (given === undefined) return 'it names no axes'
  const rank = rankOf(context.type(node.input[0]))
  return onAxes((axes) => Unsqueeze({ axes }), given, rank === undefined ? undefined : rank + given.length)
}

const sizeOf = (dims: readonly Dim[]): number | undefined => {
  const size = dims.every((dim) => typeof dim === 'number') ? elementCount(dims as number[]) : 0
  return size > 0 ? size : undefined
}

/** The axes before `axis` merged, and those from it on; one of the two products must be known in numbers. */
const twoAxes = (shape: readonly Dim[], axis: number): AnyModule | undefined => {
  if (axis === 1 && shape.length > 1) return Flatten()
  if (axis === shape.length - 1) return Flatten({ startAxis: 0, endAxis: axis - 1 })
  const [front, back] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]
  if (back !== undefined) return Reshape({ shape: [-1, back] })
  return front === undefined ? undefined : Reshape({ shape: [front, -1] })
}

const flattened = (shape: readonly Dim[] | undefined, axis: number): AnyModule | string => {
  if (axis === 0) return Reshape({ shape: [1, -1] })
  if (shape === undefined) return axis === 1 ? Flatten() : unknownRank
  const positive = axis < 0 ? axis + shape.length : axis
  if (positive < 0 || positive > shape.length) return `it flattens from axis ${axis} of ${shape.length}`
  return twoAxes(shape, positive) ?? 'neither of the sizes that it gives is known'
}

/** ONNX's Flatten always gives two axes. */
export const flatten: Raiser = (node, context) => {
  const given = readAttributes(node, { axis: 'int' })
  if (typeof given === 'string') return given
  const module = flattened(context.type(node.input[0]).shape, given.axis ?? 1)
  return typeof module === 'string' ? module : { ...unary(module), shape: [null, null] }
}
