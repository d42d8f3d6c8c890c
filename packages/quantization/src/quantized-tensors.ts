import { decode, decodeFloats, deferredTensor, encode, type Tensor } from '@nnfuse/ir'
import { calculateQParams } from './calculate-qparams.js'
import { type FakeQuantizeAttrs, isUnobserved } from './fake-quantize.js'
import { type QuantSpec, storageOf } from './quant-spec.js'
import { roundHalfEven } from './round-half-even.js'

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
}

const { fround } = Math

const integers = (zeroPoint: Uint8Array): ArrayLike<number> => decode(zeroPoint, 'int32') as Int32Array

/** The grid of a fake quantization, as it stands. */
export const fixedGrid = ({ spec, scale, zeroPoint }: FakeQuantizeAttrs): FixedGrid => {
  const dtype = storageOf(spec)
  const cast = deferredTensor(dtype, zeroPoint.shape, [zeroPoint], (bytes) => encode(integers(bytes), dtype))
  return { spec, scale, zeroPoint: cast }
}

/** The grid for a weight: of one that was never seen, what its own extremes give. */
export const gridForWeight = (attrs: FakeQuantizeAttrs, weight: Tensor): FixedGrid => {
  if (!isUnobserved(attrs)) return fixedGrid(attrs)
  const { spec, observer } = attrs
  const shape = spec.axis === null ? [] : [weight.shape[spec.axis] as number]
  const numbers = (bytes: Uint8Array) => {
    const values = decodeFloats(bytes, weight.dtype)
    return calculateQParams(
      observer.range(observer.observe(null, values, weight.shape, spec.axis), spec),
      spec,
    )
  }
  const dtype = storageOf(spec)
  return {
    spec,
    scale: deferredTensor('float32', shape, [weight], (bytes) => encode(numbers(bytes).scale, 'float32')),
    zeroPoint: deferredTensor(dtype, shape, [weight], (bytes) => encode(numbers(bytes).zeroPoint, dtype)),
  }
}

/** For each element the index along the axis that its scale is kept at. */
const channelIndex = ({ shape }: Tensor, axis: number | null): ((i: number) => number) => {
  if (axis === null) return () => 0
  const inner = shape.slice(axis + 1).reduce((count, dim) => count * dim, 1)
  const channels = shape[axis] as number
  return (i) => Math.floor(i / inner) % channels
}

/** A weight as integers. */
export const quantizedWeight = (weight: Tensor, { spec, scale, zeroPoint }: FixedGrid): Tensor => {
  const dtype = storageOf(spec)
  const at = channelIndex(weight, spec.axis)
  return deferredTensor(dtype, weight.shape, [weight, scale, zeroPoint], (bytes, scales, zeros) => {
    const values = decodeFloats(bytes as Uint8Array, weight.dtype)
    const inverse = Float32Array.from(decodeFloats(scales as Uint8Array, 'float32'), (x) => 1 / x)
    const offsets = decode(zeros as Uint8Array, dtype) as Int8Array
    const quantized = Float64Array.from(values, (x, i) => {
      const step = roundHalfEven(fround(fround(x) * (inverse[at(i)] as number))) + (offsets[at(i)] as number)
      return Math.min(Math.max(step, spec.min), spec.max)
    })
    return encode(quantized, dtype)
  })
}

const int32 = (x: number): number => Math.min(Math.max(roundHalfEven(x), -(2 ** 31)), 2 ** 31 - 1)

/** A bias as int32, and its scale: one for each channel where the weight has one for each, else one. */
export const quantizedBias = (
  bias: Tensor,
  inputScale: Tensor,
  weightScale: Tensor,
): { readonly bias: Tensor; readonly biasScale: Tensor } => {
  const biasScale = deferredTensor(
    'float32',
    weightScale.shape,
    [inputScale, weightScale],
    (input, weight) => {
      const [one = 1] = decodeFloats(input as Uint8Array, 'float32')
      return encode(
        Float32Array.from(decodeFloats(weight as Uint8Array, 'float32'), (x) => x * one),
        'float32',
      )
    },
  )
  const numbers = deferredTensor('int32', bias.shape, [bias, biasScale], (values, scales) => {
    const steps = decodeFloats(scales as Uint8Array, 'float32')
    const scaleAt = (i: number): number => (steps.length === 1 ? steps[0] : steps[i]) as number
    const floats = decodeFloats(values as Uint8Array, bias.dtype)
    return encode(
      Float64Array.from(floats, (x, i) => int32(x / scaleAt(i))),
      'int32',
    )
  })
  return { bias: numbers, biasScale }
}
