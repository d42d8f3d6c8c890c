import { Add, type AnyModule, Cat, Div, Dropout, Identity, Mul, Sub } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes, shortestFloat } from '../attributes.js'
import { peekScalar } from '../constants/peek.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'

const binary =
  (make: () => AnyModule): Raiser =>
  (node) => {
    const given = readAttributes(node, {})
    if (typeof given === 'string') return given
    return node.input.length === 2 ? { module: make(), inputs: [0, 1] } : 'it does not have two operands'
  }

export const add: Raiser = binary(() => Add())
export const sub: Raiser = binary(() => Sub())
export const mul: Raiser = binary(() => Mul())
export const div: Raiser = binary(() => Div())

export const concat: Raiser = (node) => {
  const given = readAttributes(node, { axis: 'int' })
  if (typeof given === 'string') return given
  if (given.axis === undefined) return 'it names no axis'
  return { module: Cat({ axis: given.axis }), inputs: node.input.map((_, i) => i) }
}

export const identity: Raiser = (node) => {
  const given = readAttributes(node, {})
  return typeof given === 'string' ? given : unary(Identity())
}

/** A second output, the mask, is of no use in inference; unless something uses it. */
const usesMask = ({ output }: NodeProto, { isUsed }: RaiseContext): boolean =>
  output[1] !== undefined && output[1] !== '' && isUsed(output[1])

/** Up to opset 11 the ratio is an attribute; since then it is an input, and another says whether it is trained. */
const dropoutRatio = (node: NodeProto, context: RaiseContext, given: number | undefined): number | string => {
  if (context.opset < 12) return given ?? 0.5
  const [, ratio = '', trainingMode = ''] = node.input
  if (trainingMode !== '' && peekScalar(context.constant(trainingMode)) !== 0)
    return 'it may be in training mode'
  if (ratio === '') return 0.5
  return peekScalar(context.constant(ratio)) ?? `its ratio ${context.whyNotConstant(ratio)}`
}

export const dropout: Raiser = (node, context) => {
  const given = readAttributes(node, { ratio: 'float', seed: 'int' })
  if (typeof given === 'string') return given
  if (usesMask(node, context)) return 'its mask is used'
  const ratio = dropoutRatio(node, context, given.ratio)
  return typeof ratio === 'string' ? ratio : unary(Dropout({ p: shortestFloat(ratio) }))
}
