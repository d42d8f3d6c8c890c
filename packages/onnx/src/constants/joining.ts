import { axisIn, elementCount, type Tensor } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { indexOutside } from '../errors.js'
import { expanded, reshaped } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { concatenated, gathered, type Places } from './gathered-tensor.js'
import { integersOf, isIntegers, peekIntegers } from './peek.js'

export const expand: Evaluator = (_node, [x, shapeInput]) => {
  const wanted = peekIntegers(shapeInput)
  return x && wanted && expanded(x, wanted)
}

/** From the integers of an index to places along an axis; undefined where one names none. */
type ToPlaces = (indices: readonly number[]) => readonly number[] | undefined

/**
 * The places that an index names: at once where it is at hand, and then undefined where one is outside. A long list is
 * read when the result is.
 */
const placesIn = (node: NodeProto, index: Tensor, toPlaces: ToPlaces): Places | undefined => {
  const indices = peekIntegers(index)
  const places = indices && toPlaces(indices)
  if (indices) return places && { tensors: [], read: () => places }
  const read = (bytes: Uint8Array): readonly number[] => {
    const read = toPlaces(integersOf(bytes, index))
    if (read === undefined) throw indexOutside(node.name || (node.output[0] as string))
    return read
  }
  return isIntegers(index) ? { tensors: [index], read } : undefined
}

const allKnown = (places: readonly (number | undefined)[]): readonly number[] | undefined =>
  places.includes(undefined) ? undefined : (places as readonly number[])

export const gather: Evaluator = (node, [x, index]) => {
  const attributes = readAttributes(node, { axis: 'int' })
  if (x === undefined || index === undefined || typeof attributes === 'string') return undefined
  const axis = axisIn(attributes.axis ?? 0, x.shape.length)
  if (axis === undefined) return undefined
  const size = x.shape[axis] as number
  const places = placesIn(node, index, (indices) => allKnown(indices.map((at) => axisIn(at, size))))
  return places && gathered(x, axis, places, index.shape)
}

/** Slices by rows of indices, each of which says where along the first axes. */
export const gatherND: Evaluator = (node, [x, index]) => {
  const attributes = readAttributes(node, { batch_dims: 'int' })
  const depth = index?.shape.at(-1)
  if (typeof attributes === 'string' || attributes.batch_dims) return undefined
  if (x === undefined || index === undefined || !depth || depth > x.shape.length) return undefined
  const sizes = x.shape.slice(0, depth)
  const flat = reshaped(x, [elementCount(sizes), ...x.shape.slice(depth)])
  const places = placesIn(node, index, (indices) => rowsOf(indices, sizes))
  return flat && places && gathered(flat, 0, places, index.shape.slice(0, -1))
}

/** Which rows of the axes merged into one an index names. */
const rowsOf = (indices: readonly number[], sizes: readonly number[]): readonly number[] | undefined =>
  allKnown(
    Array.from({ length: indices.length / sizes.length }, (_, row) =>
      placeOf(indices.slice(row * sizes.length, (row + 1) * sizes.length), sizes),
    ),
  )

const placeOf = (index: readonly number[], sizes: readonly number[]): number | undefined =>
  index.reduce<number | undefined>((place, at, i) => {
    const along = axisIn(at, sizes[i] as number)
    return place === undefined || along === undefined ? undefined : place * (sizes[i] as number) + along
  }, 0)

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
