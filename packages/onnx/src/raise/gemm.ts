import {
  elementCount,
  Gemm,
  type GemmAttrs,
  Linear,
  type LinearAttrs,
  quantizedOf,
  type Tensor,
} from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { reshaped, scaled, stridedTensor, transposed } from '../constants/derived-tensor.js'
import { isVector, notAsStored, optionalParameter, weightParameter } from './parameters.js'
import type { Raised, Raiser } from './raiser.js'

const unusable = 'its bias does not broadcast over its result'

/** `[N]` as it stands, `[1, N]` without its first axis, one number for all; undefined for what is no vector. */
const biasVector = (tensor: Tensor, size: number): Tensor | undefined => {
  if (isVector(tensor, size)) return tensor
  const count = elementCount(tensor.shape)
  if (tensor.shape.length > 2 || (count !== size && count !== 1)) return undefined
  if (count === 1) return stridedTensor(tensor, [size], [0])
  return tensor.shape[0] === 1 ? reshaped(tensor, [size]) : undefined
}

/** `[M, N]` or `[M, 1]`. */
const isBiasMatrix = ({ shape }: Tensor, size: number): boolean =>
  shape.length === 2 && (shape[1] === size || shape[1] === 1)

const layer = (weight: Tensor, bias: Tensor | null): Raised | string => {
  const size = weight.shape[0] as number
  const vector = bias && biasVector(bias, size)
  const raised = { inputs: [0], shape: [null, size] }
  if (vector !== undefined) return { ...raised, module: Linear({ weight, bias: vector }) }
  return bias && isBiasMatrix(bias, size) ? { ...raised, module: Gemm({ weight, bias }) } : unusable
}

/** Whether the module's tensors are the node's inputs as they stand. With another beta, a bias that comes would be scaled. */
const isDirect = ({ module }: Raised, b: Tensor, c: Tensor | null, beta: number): boolean => {
  const { weight, bias } = module.attrs as LinearAttrs | GemmAttrs
  return weight === b && bias === c && beta === 1
}

/**
 * `alpha * A @ B' + beta * C`: a linear layer where B and C are constants, which the factors are multiplied into. A
 * C that is multiplied by 0 is not read.
 */
export const gemm: Raiser = (node, context) => {
  const given = readAttributes(node, { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' })
  if (typeof given === 'string') return given
  if (given.transA) return 'it transposes its input'
  const b = weightParameter(node, 1, context)
  if (typeof b === 'string') return b
  if (b.shape.length !== 2) return `its weight has ${b.shape.length} axes`
  const c = optionalParameter(node, 2, 'bias', context)
  if (typeof c === 'string') return c
  const { alpha = 1, beta = 1 } = given
  const weight = scaled(given.transB ? b : transposed(b, [1, 0]), alpha)
  const bias = c && beta !== 0 ? scaled(c, beta) : null
  if (weight === undefined || bias === undefined) return `its weight is ${b.dtype}`
  if (quantizedOf(b) && !quantizedOf(weight)) return notAsStored
  const raised = layer(weight, bias)
  if (typeof raised === 'string' || isDirect(raised, b, c, beta)) return raised
  return { ...raised, indirect: true }
}

/** A linear layer where the right operand is a constant matrix: the weight is its transpose. */
export const matMul: Raiser = (node, context) => {
  const given = readAttributes(node, {})
  if (typeof given === 'string') return given
  const b = weightParameter(node, 1, context)
  if (typeof b === 'string') return b
  if (b.shape.length !== 2) return `its right operand has ${b.shape.length} axes`
  const weight = transposed(b, [1, 0])
  return weight ? { module: Linear({ weight }), inputs: [0], indirect: true } : `its weight is ${b.dtype}`
}
