import { decode, decodeFloats, deferredTensor, encode, type Tensor } from '@nnfuse/ir'
import type { FakeQuantizeAttrs } from './fake-quantize.js'
import { type QuantSpec, storageOf } from './quant-spec.js'
import { roundHalfEven } from './round-half-even.js'
import { scalePlace } from './scale-places.js'

/*
 * Tensors of integers, computed when somebody reads them:
 *
 *   q = clamp(round(x * (1 / scale)) + zeroPoint, min, max)      as the fake quantization in training has it
 *   b = round(bias / (inputScale * weightScale))                 int32
 */

/** A grid that is known. */
export interface FixedGrid {
  readonly spec: QuantSpec
  /** float32 */
  readonly scale: Tensor
  /** In the dtype of the integers. */
  readonly zeroPoint: Tensor
  /** So many neighbours along the axis of the spec share a scale; without it all that have one index along it do. */
  readonly blockSize?: number
}

const { fround } = Math

const integers = (zeroPoint: Uint8Array): ArrayLike<number> => decode(zeroPoint, 'int32') as Int32Array

/** The grid of a fake quantization, as it stands. */
export const fixedGrid = ({ spec, scale, zeroPoint }: FakeQuantizeAttrs): FixedGrid => {
  const dtype = storageOf(spec)
  const cast = deferredTensor(dtype, zeroPoint.shape, [zeroPoint], (bytes) => encode(integers(bytes), dtype))
  return { spec, scale, zeroPoint: cast }
}

/** A weight as integers. */
export const quantizedWeight = (weight: Tensor, grid: FixedGrid): Tensor => {
  const { spec, scale, zeroPoint } = grid
  const dtype = storageOf(spec)
  const at = scalePlace(weight, grid)
  return deferredTensor(dtype, weight.shape, [weight, scale, zeroPoint], (bytes, scales, zeros) => {
    const values = decodeFloats(bytes as Uint8Array, weight.dtype)
    const inverse = Float32Array.from(decodeFloats(scales as Uint8Array, 'float32'), (x) => 1 / x)
    const offsets = decode(zeros as Uint8Array, dtype) as Int8Array
    const steps = dtype === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length)
    for (let i = 0; i < values.length; i += 1) {
      const place = at(i)
      const scaled = fround(fround(values[i] as number) * (inverse[place] as number))
      const step = roundHalfEven(scaled) + (offsets[place] as number)
      steps[i] = Math.min(Math.max(step, spec.min), spec.max)
    }
    return new Uint8Array(steps.buffer)
  })
}

const int32 = (x: number): number => Math.min(Math.max(roundHalfEven(x), -(2 ** 31)), 2 ** 31 - 1)

/**
 * A bias as int32, and its scale: one for each channel where the weight has one for each, else one. A transposed
 * convolution has a scale for each channel of a group, the same in all groups.
 */
export const quantizedBias = (
  bias: Tensor,
  inputScale: Tensor,
  weightScale: Tensor,
): { readonly bias: Tensor; readonly biasScale: Tensor } => {
  const shape = weightScale.shape.length === 0 ? [] : bias.shape
  const biasScale = deferredTensor('float32', shape, [inputScale, weightScale], (input, weight) => {
    const [one = 1] = decodeFloats(input as Uint8Array, 'float32')
    const steps = decodeFloats(weight as Uint8Array, 'float32')
    const scaleAt = (i: number): number => one * (steps[i % steps.length] as number)
    return encode(
      Float32Array.from({ length: shape[0] ?? 1 }, (_, i) => scaleAt(i)),
      'float32',
    )
  })
  const numbers = deferredTensor('int32', bias.shape, [bias, biasScale], (values, scales) => {
    const steps = decodeFloats(scales as Uint8Array, 'float32')
    const floats = decodeFloats(values as Uint8Array, bias.dtype)
    return encode(
      Float64Array.from(floats, (x, i) => int32(x / (steps[i % steps.length] as number))),
      'int32',
    )
  })
  return { bias: numbers, biasScale }
}
