import { axisIn, elementCount, encode, isFloat, type Tensor } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { dtypeOf } from '../data-types.js'
import { derivedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { numbers } from './numbers.js'

const quantized = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32'])

/** Which elements share a scale: those whose place along the axis is the same. */
interface Groups {
  /** Elements side by side that share one. */
  readonly inner: number
  readonly count: number
}

/** One scale for all, or one for each place along the axis; undefined for blocks and whatever comes. */
const groupsOf = (node: NodeProto, { shape }: Tensor, scale: Tensor): Groups | undefined => {
  const given = readAttributes(node, { axis: 'int', block_size: 'int', output_dtype: 'int' })
  if (typeof given === 'string' || given.block_size) return undefined
  if (given.output_dtype && dtypeOf(given.output_dtype) !== scale.dtype) return undefined
  if (scale.shape.length > 1) return undefined
  if (elementCount(scale.shape) === 1) return { inner: elementCount(shape), count: 1 }
  const axis = axisIn(given.axis ?? 1, shape.length)
  if (axis === undefined || shape[axis] !== scale.shape[0]) return undefined
  return { inner: elementCount(shape.slice(axis + 1)), count: shape[axis] as number }
}

/** `(x - zeroPoint) * scale`, the difference and the product rounded to float32. */
const dequantized = (
  values: readonly number[],
  scales: readonly number[],
  zeroPoints: readonly number[],
  { inner, count }: Groups,
): Float32Array =>
  Float32Array.from(values, (value, i) => {
    const group = Math.floor(i / inner) % count
    return Math.fround(value - (zeroPoints[group] ?? 0)) * (scales[group] as number)
  })

const fitsScale = (zeroPoint: Tensor | undefined, x: Tensor, scale: Tensor): boolean =>
  zeroPoint === undefined ||
  (zeroPoint.dtype === x.dtype && elementCount(zeroPoint.shape) === elementCount(scale.shape))

export const dequantizeLinear: Evaluator = (node, [x, scale, zeroPoint]) => {
  if (x === undefined || scale === undefined || !quantized.has(x.dtype)) return undefined
  if (!isFloat(scale.dtype) || scale.dtype === 'float64' || !fitsScale(zeroPoint, x, scale)) return undefined
  const groups = groupsOf(node, x, scale)
  if (groups === undefined) return undefined
  const inputs = zeroPoint ? [x, scale, zeroPoint] : [x, scale]
  return derivedTensor({ dtype: scale.dtype, shape: x.shape }, inputs, (...bytes) => {
    const [values = [], scales = [], zeroPoints = []] = bytes.map((part, i) =>
      numbers(part, (inputs[i] as Tensor).dtype),
    )
    return encode(dequantized(values, scales, zeroPoints, groups), scale.dtype)
  })
}
