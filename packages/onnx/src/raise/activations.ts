import { type AnyModule, GELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid, Tanh } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes, shortestFloat } from '../attributes.js'
import { peekScalar } from '../constants/peek.js'
import { type RaiseContext, type Raiser, unary } from './raiser.js'

/** An operator without attributes. */
const plain =
  (make: () => AnyModule): Raiser =>
  (node) => {
    const given = readAttributes(node, {})
    return typeof given === 'string' ? given : unary(make())
  }

export const relu: Raiser = plain(() => ReLU())
export const tanh: Raiser = plain(() => Tanh())
export const sigmoid: Raiser = plain(() => Sigmoid())
export const hardSwish: Raiser = plain(() => Hardswish())

interface Limits {
  readonly min: number | undefined
  readonly max: number | undefined
}

/** Attributes up to opset 10, inputs since. */
const limitsOf = (node: NodeProto, { opset, constant }: RaiseContext): Limits | string => {
  if (opset >= 11) {
    const given = readAttributes(node, {})
    return typeof given === 'string'
      ? given
      : { min: peekScalar(constant(node.input[1])), max: peekScalar(constant(node.input[2])) }
  }
  return readAttributes(node, { min: 'float', max: 'float' })
}

export const clip: Raiser = (node, context) => {
  const limits = limitsOf(node, context)
  if (typeof limits === 'string') return limits
  return limits.min === 0 && limits.max === 6 ? unary(ReLU6()) : 'its limits are not 0 and 6'
}

export const leakyRelu: Raiser = (node) => {
  const given = readAttributes(node, { alpha: 'float' })
  if (typeof given === 'string') return given
  return unary(LeakyReLU({ negativeSlope: shortestFloat(given.alpha ?? Math.fround(0.01)) }))
}

export const gelu: Raiser = (node) => {
  const given = readAttributes(node, { approximate: 'string' })
  if (typeof given === 'string') return given
  const { approximate = 'none' } = given
  if (approximate !== 'none' && approximate !== 'tanh')
    return `its approximation "${approximate}" is not known`
  return unary(GELU({ approximate }))
}
