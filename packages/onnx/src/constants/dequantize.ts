import {
  axisIn,
  dequantize,
  elementCount,
  isFloat,
  type Quantized,
  quantizedInputs,
  type Tensor,
} from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { dtypeOf } from '../data-types.js'
import { derivedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'

const quantizedTypes = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32'])

/** In which opset the operator learned of one scale for each place along an axis. */
const axesSince = 13

/** Along which axis the scales lie, undefined where there is one for all; null for blocks and whatever comes. */
const axisOf = (node: NodeProto, { shape }: Tensor, scale: Tensor): number | undefined | null => {
  const given = readAttributes(node, { axis: 'int', block_size: 'int', output_dtype: 'int' })
  if (typeof given === 'string' || given.block_size) return null
  if (given.output_dtype && dtypeOf(given.output_dtype) !== scale.dtype) return null
  if (scale.shape.length > 1) return null
  if (elementCount(scale.shape) === 1) return undefined
  const axis = axisIn(given.axis ?? 1, shape.length)
  return axis === undefined || shape[axis] !== scale.shape[0] ? null : axis
}

const fitsScale = (zeroPoint: Tensor | undefined, x: Tensor, scale: Tensor): boolean =>
  zeroPoint === undefined ||
  (zeroPoint.dtype === x.dtype && elementCount(zeroPoint.shape) === elementCount(scale.shape))

/** A tensor that knows which integers it is made of. */
export const dequantizeLinear: Evaluator = (node, [x, scale, zeroPoint], _types, opset) => {
  if (x === undefined || scale === undefined || !quantizedTypes.has(x.dtype)) return undefined
  if (!isFloat(scale.dtype) || scale.dtype === 'float64' || !fitsScale(zeroPoint, x, scale)) return undefined
  const axis = axisOf(node, x, scale)
  if (axis === null) return undefined
  const oneScale = opset < axesSince && { oneScale: `a tensor of opset ${opset} has one scale` }
  const quantized: Quantized = { values: x, scale, zeroPoint: zeroPoint ?? null, axis, ...oneScale }
  const tensor = derivedTensor(
    { dtype: scale.dtype, shape: x.shape },
    quantizedInputs(quantized),
    (...bytes) => dequantize(quantized, bytes),
  )
  return tensor && { ...tensor, quantized }
}
