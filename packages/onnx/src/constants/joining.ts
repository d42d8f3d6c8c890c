import { axisIn, elementCount, type Tensor } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { concatenated, expanded, gathered, reshaped } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { peekIntegers } from './peek.js'

export const expand: Evaluator = (_node, [x, shapeInput]) => {
  const wanted = peekIntegers(shapeInput)
  return x && wanted && expanded(x, wanted)
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

/** Slices by rows of indices, each of which says where along the first axes. */
export const gatherND: Evaluator = (node, [x, indexInput]) => {
  const attributes = readAttributes(node, { batch_dims: 'int' })
  const indices = peekIntegers(indexInput)
  const depth = indexInput?.shape.at(-1)
  if (typeof attributes === 'string' || attributes.batch_dims) return undefined
  if (x === undefined || indexInput === undefined || !indices || !depth || depth > x.shape.length)
    return undefined
  const sizes = x.shape.slice(0, depth)
  const rows = Array.from({ length: indices.length / depth }, (_, row) =>
    placeOf(indices.slice(row * depth, (row + 1) * depth), sizes),
  )
  const flat = reshaped(x, [elementCount(sizes), ...x.shape.slice(depth)])
  if (flat === undefined || rows.includes(undefined)) return undefined
  return gathered(flat, 0, rows as number[], indexInput.shape.slice(0, -1))
}

/** Which row of the axes merged into one an index names. */
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
