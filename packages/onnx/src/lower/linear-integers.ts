import { type IntegerWeight, type Tensor, typeOps } from '@nnfuse/ir'
import { transposed } from '../constants/derived-tensor.js'
import { dataTypeOf } from '../data-types.js'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit } from './emit.js'
import { dequantize } from './quantize.js'

type Quantized = readonly [integers: DraftValue, scale: DraftValue, zeroPoint: DraftValue]

/** Layers that take one value share its integers. */
const known = new WeakMap<DraftValue, Quantized>()

export const dynamicQuantize = (emit: Emit, x: DraftValue): Quantized => {
  if (emit.opset < 11) throw cannotExpress(emit.path, 'dynamic quantization needs opset 11')
  const quantized =
    known.get(x) ??
    (emit.nodeOf('DynamicQuantizeLinear', [x], typeOps.dynamicQuantize(x.type)) as unknown as Quantized)
  known.set(x, quantized)
  return quantized
}

/** A matrix with its axes turned; what has fewer axes stays as it is. */
const turned = (tensor: Tensor): Tensor =>
  tensor.shape.length === 2 ? (transposed(tensor, [1, 0]) as Tensor) : tensor

/** ONNX Runtime makes one kernel of all these nodes, if each is where it looks for it. */
export const linearIntegers = (
  emit: Emit,
  x: DraftValue,
  zeroPoint: DraftValue,
  integers: Pick<IntegerWeight, 'weight' | 'zeroPoint'>,
): DraftValue => {
  const type = typeOps.linearIntegers(x.type, zeroPoint.type, integers)
  const operands = [
    x,
    emit.tensor(turned(integers.weight), 'weight_quantized', 'MatMul'),
    zeroPoint,
    emit.tensor(integers.zeroPoint, 'weight_zero_point', 'MatMul'),
  ]
  const sums = emit.node('MatMulInteger', operands, { ...type, dtype: 'int32' })
  return emit.node('Cast', [sums], type, { to: dataTypeOf('float32') })
}

/** MatMul and not Gemm: for that one runtimes have kernels which take weights of few bits as they are. */
export const linearDequantized = (emit: Emit, x: DraftValue, integers: IntegerWeight): DraftValue => {
  const { weight, scale, zeroPoint, axis, format } = integers
  const floats = dequantize(
    emit,
    emit.tensor(turned(weight), 'weight_quantized', 'MatMul'),
    emit.tensor(turned(scale), 'weight_scale', 'MatMul'),
    emit.tensor(turned(zeroPoint), 'weight_zero_point', 'MatMul'),
    1 - axis,
    format,
  )
  return emit.node('MatMul', [x, floats], typeOps.linearDequantized(x.type, integers))
}
