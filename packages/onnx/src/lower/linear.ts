import {
  floatTensor,
  type GemmAttrs,
  type Given,
  type LinearAttrs,
  NnfuseError,
  outFeatures,
  quantizedOf,
  rankOf,
  type Tensor,
  typeOps,
  type ValueType,
} from '@nnfuse/ir'
import { isTurned, transposed } from '../constants/derived-tensor.js'
import type { DraftValue } from '../draft.js'
import type { Emit } from './emit.js'

const zeros = (size: number, { weight }: LinearAttrs): Tensor =>
  floatTensor(new Array(size).fill(0), [size], weight.dtype)

/** Before opset 11, Gemm takes no less than three operands. */
const biasOf = (emit: Emit, attrs: LinearAttrs): Tensor | null =>
  attrs.bias ?? (emit.opset < 11 ? zeros(outFeatures(attrs), attrs) : null)

/** Integers that the file has the other way round stay as they are there. */
const isTurnedInFile = (weight: Tensor): boolean => {
  const quantized = quantizedOf(weight)
  return quantized !== undefined && isTurned(quantized.values)
}

const transposedWeight = (weight: Tensor): Tensor => {
  const tensor = transposed(weight, [1, 0])
  if (tensor === undefined)
    throw new NnfuseError('DTYPE_UNREADABLE', `${weight.dtype} tensors cannot be transposed`)
  return tensor
}

const gemmNode = (
  emit: Emit,
  x: DraftValue,
  weight: Tensor,
  bias: Tensor | null,
  type: ValueType,
  given: Given<DraftValue> = {},
): DraftValue => {
  const isPlain = given.weight === undefined && isTurnedInFile(weight)
  const ownWeight = given.weight ?? emit.tensor(isPlain ? transposedWeight(weight) : weight, 'weight', 'Gemm')
  const ownBias = given.bias ?? (bias ? emit.tensor(bias, 'bias', 'Gemm') : undefined)
  const operands = [x, ownWeight, ...(ownBias ? [ownBias] : [])]
  return emit.node('Gemm', operands, type, {
    alpha: { float: 1 },
    beta: { float: 1 },
    ...(!isPlain && { transB: 1 }),
  })
}

/** Its input is a matrix by what the layer is. */
export const gemm = (emit: Emit, x: DraftValue, attrs: GemmAttrs): DraftValue =>
  gemmNode(emit, x, attrs.weight, attrs.bias, typeOps.gemm(x.type, attrs))

const turnedWeight = (emit: Emit, attrs: LinearAttrs, { weight }: Given<DraftValue>): DraftValue =>
  weight
    ? emit.node('Transpose', [weight], typeOps.transpose(weight.type, [1, 0]), { perm: [1, 0] })
    : emit.tensor(transposedWeight(attrs.weight), 'weight_transposed', 'MatMul')

/** For any number of axes. */
const matMul = (emit: Emit, x: DraftValue, attrs: LinearAttrs, given: Given<DraftValue>): DraftValue => {
  const type = typeOps.linear(x.type, attrs)
  const product = emit.node('MatMul', [x, turnedWeight(emit, attrs, given)], type)
  const bias = given.bias ?? (attrs.bias ? emit.tensor(attrs.bias, 'bias', 'Add') : undefined)
  return bias ? emit.node('Add', [product, bias], type) : product
}

/** Gemm is for matrices only; where the file had one, its input is a matrix even if nothing else says so. */
const takesMatrix = (emit: Emit, x: DraftValue): boolean =>
  (rankOf(x.type) ?? (emit.replaces('Gemm') ? 2 : 0)) === 2

/** Without a bias, both take one node, and what was a MatMul stays one. */
const staysMatMul = (emit: Emit, { bias }: LinearAttrs): boolean => bias === null && emit.replaces('MatMul')

export const linear = (
  emit: Emit,
  x: DraftValue,
  attrs: LinearAttrs,
  given: Given<DraftValue> = {},
): DraftValue => {
  if (!takesMatrix(emit, x) || staysMatMul(emit, attrs)) return matMul(emit, x, attrs, given)
  return gemmNode(emit, x, attrs.weight, biasOf(emit, attrs), typeOps.linear(x.type, attrs), given)
}
