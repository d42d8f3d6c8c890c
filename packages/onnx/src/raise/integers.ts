import type { NodeProto } from 'onnx-buf'
import { peekIntegers } from '../constants/peek.js'
import type { RaiseContext } from './raiser.js'

/** Integers that are given as a constant input, such as axes; undefined where the input is left out, else a reason. */
export const integersInput = (
  node: NodeProto,
  input: number,
  what: string,
  context: RaiseContext,
): readonly number[] | undefined | string => {
  const name = node.input[input] ?? ''
  if (name === '') return undefined
  const tensor = context.constant(name)
  if (tensor === undefined) return `its ${what} ${context.whyNotConstant(name)}`
  return peekIntegers(tensor) ?? `its ${what} is ${tensor.dtype} of ${tensor.shape.join('x')}`
}
