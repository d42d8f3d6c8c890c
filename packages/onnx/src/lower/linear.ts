import {
  floatTensor,
  type GemmAttrs,
  type LinearAttrs,
  NnfuseError,
  outFeatures,
  rankOf,
  type Tensor,
  typeOps,
  type ValueType,
} from '@nnfuse/ir'
import { transposed } from '../constants/derived-tensor.js'
import type { DraftValue } from '../draft.js'
import type { Emit } from './emit.js'

const zeros = (size: number, { weight }: LinearAttrs): Tensor =>
  floatTensor(new Array(size).fill(0), [size], weight.dtype)

/** Before opset 11, Gemm takes no less than three operands. */
const biasOf = (emit: Emit, attrs: LinearAttrs): Tensor | null =>
  attrs.bias ?? (emit.opset < 11 ? zeros(outFeatures(attrs), attrs) : null)

const gemmNode = (
  emit: Emit,
  x: DraftValue,
  weight: Tensor,
  bias: Tensor | null,
  type: ValueType,
): DraftValue => {
  const operands = [
    x,
    emit.tensor(weight, 'weight', 'Gemm'),
    ...(bias ? [emit.tensor(bias, 'bias', 'Gemm')] : []),
  ]
  return emit.node('Gemm', operands, type, { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 })
}

/** Its input is a matrix by what the layer is. */
export const gemm = (emit: Emit, x: DraftValue, attrs: GemmAttrs): DraftValue =>
  gemmNode(emit, x, attrs.weight, attrs.bias, typeOps.gemm(x.type, attrs))

const transposedWeight = ({ weight }: LinearAttrs): Tensor => {
  const tensor = transposed(weight, [1, 0])
  if (tensor === undefined)
    throw new NnfuseError('DTYPE_UNREADABLE', `${weight.dtype} tensors cannot be transposed`)
  return tensor
}

/** For any number of axes. */
const matMul = (emit: Emit, x: DraftValue, attrs: LinearAttrs): DraftValue => {
  const type = typeOps.linear(x.type, attrs)
  const weight = emit.tensor(transposedWeight(attrs), 'weight_transposed', 'MatMul')
  const product = emit.node('MatMul', [x, weight], type)
  return attrs.bias ? emit.node('Add', [product, emit.tensor(attrs.bias, 'bias', 'Add')], type) : product
}

/** Gemm is for matrices only; where the file had one, its input is a matrix even if nothing else says so. */
const takesMatrix = (emit: Emit, x: DraftValue): boolean =>
  (rankOf(x.type) ?? (emit.replaces('Gemm') ? 2 : 0)) === 2

/** Without a bias, both take one node, and what was a MatMul stays one. */
const staysMatMul = (emit: Emit, { bias }: LinearAttrs): boolean => bias === null && emit.replaces('MatMul')

export const linear = (emit: Emit, x: DraftValue, attrs: LinearAttrs): DraftValue => {
  if (!takesMatrix(emit, x) || staysMatMul(emit, attrs)) return matMul(emit, x, attrs)
  return gemmNode(emit, x, attrs.weight, biasOf(emit, attrs), typeOps.linear(x.type, attrs))
}
