import { Linear, type Tensor } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { reshaped, transposed } from '../constants/derived-tensor.js'
import { isVector, optionalParameter, parameter } from './parameters.js'
import type { Raised, Raiser } from './raiser.js'

/** `[N]` as it stands, `[1, N]` without its first axis; else undefined, since it is no bias of a layer. */
const biasVector = (tensor: Tensor, size: number): Tensor | undefined => {
  if (isVector(tensor, size)) return tensor
  const isRow = tensor.shape.length === 2 && tensor.shape[0] === 1 && tensor.shape[1] === size
  return isRow ? reshaped(tensor, [size]) : undefined
}

/** `alpha * A' @ B' + beta * C`: a linear layer where B and C are constants and nothing is scaled. */
export const gemm: Raiser = (node, context) => {
  const given = readAttributes(node, { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' })
  if (typeof given === 'string') return given
  if ((given.alpha ?? 1) !== 1 || (given.beta ?? 1) !== 1) return 'it scales its operands (alpha, beta)'
  if (given.transA) return 'it transposes its input'
  const b = parameter(node, 1, 'weight', context)
  if (typeof b === 'string') return b
  if (b.shape.length !== 2) return `its weight has ${b.shape.length} axes`
  const weight = given.transB ? b : transposed(b, [1, 0])
  const c = optionalParameter(node, 2, 'bias', context)
  if (typeof c === 'string') return c
  if (weight === undefined) return `its weight is ${b.dtype}`
  const bias = c === null ? null : biasVector(c, weight.shape[0] as number)
  if (bias === undefined) return 'its bias does not have one number for each output'
  const module = Linear({ weight, bias })
  const raised: Raised = { module, inputs: [0], shape: [null, weight.shape[0] as number] }
  return given.transB && bias === c ? raised : { ...raised, indirect: true }
}
