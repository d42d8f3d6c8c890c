import { axisIn, type Tensor } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { concatenated, expanded, gathered } from './derived-tensor.js'
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
