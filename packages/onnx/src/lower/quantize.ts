import { type DType, type Grid, rankOf, type Tensor, tensorOf, typeOps } from '@nnfuse/ir'
import { TensorProto_DataType } from 'onnx-buf'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit, NewAttributes } from './emit.js'

const onnxTypes = { int8: TensorProto_DataType.INT8, uint8: TensorProto_DataType.UINT8 } as const
const limits = { int8: [-128, 127], uint8: [0, 255] } as const

/** Scales along an axis came with opset 13. */
const axisOf = (emit: Emit, scale: DraftValue, axis: number): NewAttributes => {
  if (rankOf(scale.type) === 0) return {}
  if (emit.opset < 13) throw cannotExpress(emit.path, 'a scale for each channel needs opset 13')
  return { axis }
}

/** The zero point is of the type that is quantized to. */
const zeroPointOf = (
  emit: Emit,
  { zeroPoint, dtype }: Pick<Grid<DraftValue>, 'zeroPoint' | 'dtype'>,
): DraftValue =>
  zeroPoint.type.dtype === dtype
    ? zeroPoint
    : emit.node('Cast', [zeroPoint], { dtype, shape: zeroPoint.type.shape }, { to: onnxTypes[dtype] })

const limit = (value: number, dtype: DType): Tensor => tensorOf(dtype, [], Uint8Array.of(value & 0xff))

/** QuantizeLinear clamps to its type; a range within it is clamped to afterwards. */
const withinRange = (emit: Emit, steps: DraftValue, { dtype, min, max }: Grid<DraftValue>): DraftValue => {
  if (min === limits[dtype][0] && max === limits[dtype][1]) return steps
  if (emit.opset < 12) throw cannotExpress(emit.path, `the range ${min} to ${max} of ${dtype} needs opset 12`)
  const bounds = [
    emit.tensor(limit(min, dtype), 'min', 'Clip'),
    emit.tensor(limit(max, dtype), 'max', 'Clip'),
  ]
  return emit.node('Clip', [steps, ...bounds], steps.type)
}

export const quantizeDequantize = (emit: Emit, x: DraftValue, grid: Grid<DraftValue>): DraftValue => {
  if (emit.opset < 10) throw cannotExpress(emit.path, 'quantization needs opset 10')
  const { scale, axis, dtype } = grid
  const zeroPoint = zeroPointOf(emit, grid)
  const type = { dtype, shape: x.type.shape }
  const steps = emit.node('QuantizeLinear', [x, scale, zeroPoint], type, axisOf(emit, scale, axis))
  return dequantize(emit, withinRange(emit, steps, grid), scale, zeroPoint, axis)
}

export const dequantize = (
  emit: Emit,
  integers: DraftValue,
  scale: DraftValue,
  zeroPoint: DraftValue,
  axis: number,
): DraftValue => {
  if (emit.opset < 10) throw cannotExpress(emit.path, 'quantization needs opset 10')
  const type = typeOps.dequantize(integers.type, scale.type, zeroPoint.type, axis)
  return emit.node('DequantizeLinear', [integers, scale, zeroPoint], type, axisOf(emit, scale, axis))
}
