import { lax, numpy as np } from '@jax-js/jax'
import type { Grid, IntegerFormat } from '@nnfuse/ir'
import { scalar, type Value } from '../device.js'
import { badInput, wrongShape } from '../errors.js'
import { axisOf } from './axis-of.js'

/*
 * As torch's fake_quantize kernels do it, which is not as their documentation says: x is multiplied by 1 / scale, and
 * rounded before the zero point is added. A tie at 0.5 with zero point 1 becomes 0, not 1.
 */

/** One number for all, or one for each index along the axis, so that it broadcasts to a shape. */
const along = (values: Value, shape: readonly number[], axis: number): Value => {
  const [count] = values.shape
  if (count === undefined) return values
  const at = axisOf(axis, shape.length)
  if (count !== shape[at]) throw badInput(`${count} scales for ${shape[at]} indices along axis ${axis}`)
  return values.reshape(shape.map((_, i) => (i === at ? count : 1)))
}

export const quantizeDequantize = (
  inputs: readonly Value[],
  { axis, min, max }: Pick<Grid<unknown>, 'axis' | 'min' | 'max'>,
): Value => {
  const [x, scale, zeroPoint] = inputs as readonly [Value, Value, Value]
  const { dtype, shape } = x
  const inverse = along(np.reciprocal(scale.ref), shape, axis).astype(dtype)
  const zero = along(zeroPoint, shape, axis).astype(dtype)
  const steps = np.round(x.ref.mul(inverse)).add(zero.ref)
  const [low, high] = [scalar(x, min), scalar(x, max)]
  // False for NaN, which thereby becomes the lowest step.
  const inside = np.greaterEqual(steps.ref, low.ref).mul(np.lessEqual(steps.ref, high.ref))
  const clamped = np.where(inside.ref, steps.ref, np.where(np.greater(steps, high.ref), high, low))
  const result = clamped.sub(zero).mul(along(scale, shape, axis).astype(dtype))
  const throughAsItIs = result.ref.add(x.ref.sub(lax.stopGradient(x)))
  return np.where(inside, throughAsItIs, result)
}

/** One number for each block of neighbours, repeated for each of them, so that it has the shape of what it is for. */
const alongBlocks = (values: Value, shape: readonly number[], axis: number, blockSize: number): Value => {
  const at = axisOf(axis, shape.length)
  const wanted = shape.map((size, i) => (i === at ? Math.ceil(size / blockSize) : size))
  if (String(values.shape) !== String(wanted))
    throw wrongShape(`scales of blocks of ${blockSize}`, `[${wanted.join(', ')}]`, values.shape)
  const repeated = np.repeat(values, blockSize, at)
  return repeated.slice(...shape.map((size): [number, number] => [0, size]))
}

export const dequantize = (
  inputs: readonly Value[],
  axis: number,
  { blockSize }: IntegerFormat = {},
): Value => {
  const [integers, scale, zeroPoint] = inputs as readonly [Value, Value, Value]
  const { shape } = integers
  const spread = (values: Value): Value =>
    blockSize === undefined ? along(values, shape, axis) : alongBlocks(values, shape, axis, blockSize)
  const centred = integers.astype(np.float32).sub(spread(zeroPoint).astype(np.float32))
  return centred.mul(spread(scale))
}
