import { type DType, type Grid, type IntegerFormat, rankOf, type Tensor, tensorOf, typeOps } from '@nnfuse/ir'
import { dataTypeOf } from '../data-types.js'
import type { DraftValue } from '../draft.js'
import { cannotExpress } from '../errors.js'
import type { Emit, NewAttributes } from './emit.js'
import { packedTensor } from './packed-tensor.js'

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
    : emit.node('Cast', [zeroPoint], { dtype, shape: zeroPoint.type.shape }, { to: dataTypeOf(dtype) })

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

/** Kernels of integers are for float32 all around them. */
const checkFloat32 = ({ path }: Emit, { type: { dtype = 'float32' } }: DraftValue): void => {
  if (dtype === 'float32') return
  throw cannotExpress(
    path,
    `values that are ${dtype} are not quantized, only float32 is`,
    'Quantize weights only, or convert the model to float32 first.',
  )
}

export const quantizeDequantize = (emit: Emit, x: DraftValue, grid: Grid<DraftValue>): DraftValue => {
  if (emit.opset < 10) throw cannotExpress(emit.path, 'quantization needs opset 10')
  checkFloat32(emit, x)
  const { scale, axis, dtype } = grid
  const zeroPoint = zeroPointOf(emit, grid)
  const type = { dtype, shape: x.type.shape }
  const steps = emit.node('QuantizeLinear', [x, scale, zeroPoint], type, axisOf(emit, scale, axis))
  return dequantize(emit, withinRange(emit, steps, grid), scale, zeroPoint, axis)
}

/** Tensors of 4 bits came with opset 21; before, such numbers take a byte each. */
const asStored = (
  emit: Emit,
  value: DraftValue,
  name: string,
  { dtype }: Pick<IntegerFormat, 'dtype'>,
): DraftValue =>
  dtype === undefined || value.tensor === undefined || emit.opset < 21
    ? value
    : emit.tensor(packedTensor(value.tensor, dtype), name, 'DequantizeLinear')

const blockOf = (emit: Emit, { blockSize }: IntegerFormat): NewAttributes => {
  if (blockSize === undefined) return {}
  if (emit.opset < 21) throw cannotExpress(emit.path, 'a scale for each block needs opset 21')
  return { block_size: blockSize }
}

export const dequantize = (
  emit: Emit,
  integers: DraftValue,
  scale: DraftValue,
  zeroPoint: DraftValue,
  axis: number,
  format: IntegerFormat = {},
): DraftValue => {
  if (emit.opset < 10) throw cannotExpress(emit.path, 'quantization needs opset 10')
  const type = typeOps.dequantize(integers.type, scale.type, zeroPoint.type, axis, format)
  const operands = [
    asStored(emit, integers, 'quantized', format),
    scale,
    asStored(emit, zeroPoint, 'zero_point', format),
  ]
  const attributes = { ...axisOf(emit, scale, axis), ...blockOf(emit, format) }
  const numbers = emit.node('DequantizeLinear', operands, { ...type, dtype: 'float32' }, attributes)
  return type.dtype === 'float32'
    ? numbers
    : emit.node('Cast', [numbers], type, { to: dataTypeOf(type.dtype as DType) })
}
