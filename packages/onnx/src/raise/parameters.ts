import { isFloat, quantizedOf, type Tensor } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import type { RaiseContext } from './raiser.js'

/** A parameter that must be a constant float tensor, or the reason why it is none. */
export const parameter = (
  node: NodeProto,
  input: number,
  what: string,
  context: RaiseContext,
): Tensor | string => {
  const name = node.input[input] ?? ''
  if (name === '') return `it has no ${what}`
  const tensor = context.constant(name)
  if (tensor === undefined) return `its ${what} ${context.whyNotConstant(name)}`
  return isFloat(tensor.dtype) ? tensor : `its ${what} is ${tensor.dtype}`
}

/** Why a quantized weight is none that a layer knows as such. */
export const notAsStored = 'its weight is quantized, and more than that'

/**
 * The weight of a layer. One that is quantized stays that: it has to know its integers, or folding something into it
 * would write floats instead.
 */
export const weightParameter = (node: NodeProto, input: number, context: RaiseContext): Tensor | string => {
  const name = node.input[input] ?? ''
  const weight = parameter(node, input, 'weight', context)
  const isLost = typeof weight === 'object' && context.isQuantized(name) && quantizedOf(weight) === undefined
  return isLost ? notAsStored : weight
}

/** A parameter that may be absent (null). */
export const optionalParameter = (
  node: NodeProto,
  input: number,
  what: string,
  context: RaiseContext,
): Tensor | null | string => ((node.input[input] ?? '') === '' ? null : parameter(node, input, what, context))

/** Whether a tensor has exactly one axis, of this size. */
export const isVector = ({ shape }: Tensor, size: number | undefined): boolean =>
  shape.length === 1 && shape[0] === size
