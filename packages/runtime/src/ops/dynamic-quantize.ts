import { numpy as np } from '@jax-js/jax'
import { elementCount, type IntegerWeight } from '@nnfuse/ir'
import { type Device, scalar, type Value } from '../device.js'
import { wrongShape } from '../errors.js'
import { quotient } from './elementwise.js'

/*
 * As ONNX Runtime computes DynamicQuantizeLinear, in float32 and with ties to even:
 *
 *   scale = (max(x, 0) - min(x, 0)) / 255, 1 where all is 0        zero point = round(-min(x, 0) / scale)
 *   integers = clamp(round(x / scale) + zero point, 0, 255)
 */

const steps = 255

/** Of a tensor without elements: 0. */
const extreme = (x: Value, of: 'max' | 'min'): Value => {
  const zero = scalar(x, 0)
  if (elementCount(x.shape) === 0) {
    x.dispose()
    return zero
  }
  return of === 'max' ? np.maximum(np.max(x), zero) : np.minimum(np.min(x), zero)
}

export const dynamicScale = (x: Value): Value => {
  const range = extreme(x.ref, 'max').sub(extreme(x, 'min'))
  const scale = quotient(range.ref, scalar(range, steps))
  return np.where(np.equal(range, 0), scalar(scale, 1), scale)
}

export const dynamicZeroPoint = (x: Value, scale: Value): Value =>
  np.round(np.negative(quotient(extreme(x, 'min'), scale)))

export const dynamicIntegers = (x: Value, scale: Value, zeroPoint: Value): Value =>
  np.clip(np.round(quotient(x, scale)).add(zeroPoint), 0, steps)

/** Sums are float32: exact as long as they are below 2^24, and else as near as floats are. */
export const linearIntegers = async (
  x: Value,
  zeroPoint: Value,
  { weight, zeroPoint: weightZeroPoint }: Pick<IntegerWeight, 'weight' | 'zeroPoint'>,
  device: Device,
): Promise<Value> => {
  const { shape } = x
  const [outputs = 0, features = 0] = weight.shape
  if (shape.at(-1) !== features) throw wrongShape('the input', `[..., ${features}]`, shape)
  const batch = shape.slice(0, -1)
  const offsets = (await device.upload(weightZeroPoint)).astype(np.float32)
  const column = offsets.reshape([elementCount(weightZeroPoint.shape), 1])
  const centred = (await device.upload(weight)).astype(np.float32).sub(column)
  const rows = x.sub(zeroPoint).reshape([elementCount(batch), features])
  return np.matmul(rows, centred.transpose()).reshape([...batch, outputs])
}
