import { type FloatDType, isFloat } from './dtype.js'
import { elementCount, type Tensor } from './tensor.js'
import { decode, encode } from './tensor-values.js'

/**
 * What a float tensor is made of that is stored as integers: `(values - zeroPoint) * scale`. Who multiplies such a
 * tensor by a positive number for each place along the axis can multiply the scale and leave the integers as they are.
 */
export interface Quantized {
  /** 8, 16 or 32-bit integers, of the tensor's shape. */
  readonly values: Tensor
  /** Floats of the tensor's dtype: one number, or one for each place along the axis. */
  readonly scale: Tensor
  /** Integers of the dtype of `values`, as many as there are scales; null: 0. */
  readonly zeroPoint: Tensor | null
  /** Along which axis the scales lie; undefined where one is for all. */
  readonly axis: number | undefined
  /** Why there can be no more than one scale, where that is so. */
  readonly oneScale?: string
}

/** How a tensor is stored as integers; undefined for one that is not, or has another shape than what it was made of. */
export const quantizedOf = ({ quantized, shape }: Tensor): Quantized | undefined =>
  quantized && String(quantized.values.shape) === String(shape) ? quantized : undefined

/** What the numbers of a quantized tensor are computed from, in this order. */
export const quantizedInputs = ({ values, scale, zeroPoint }: Quantized): readonly Tensor[] =>
  zeroPoint ? [values, scale, zeroPoint] : [values, scale]

const numbersOf = (bytes: Uint8Array, { dtype }: Tensor): ArrayLike<number> =>
  decode(bytes, dtype) as ArrayLike<number>

/**
 * The bytes of the floats, from those of {@link quantizedInputs}: the difference and the product are rounded to
 * float32, and the product to the dtype of the scale.
 */
export const dequantize = (quantized: Quantized, bytes: readonly Uint8Array[]): Uint8Array => {
  const { values, scale, axis } = quantized
  const [x, scales, zeroPoints] = quantizedInputs(quantized).map((tensor, i) =>
    numbersOf(bytes[i] as Uint8Array, tensor),
  ) as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number> | undefined]
  const inner = axis === undefined ? 1 : elementCount(values.shape.slice(axis + 1))
  const placeOf = (i: number): number => (axis === undefined ? 0 : Math.floor(i / inner) % scales.length)
  const floats = Float32Array.from(
    x,
    (value, i) => Math.fround(value - (zeroPoints?.[placeOf(i)] ?? 0)) * (scales[placeOf(i)] as number),
  )
  return encode(floats, isFloat(scale.dtype) ? scale.dtype : 'float32')
}

/** A float tensor that is computed from integers when it is read. */
export const quantizedTensor = (quantized: Quantized): Tensor => ({
  dtype: quantized.scale.dtype as FloatDType,
  shape: quantized.values.shape,
  storage: {
    type: 'deferred',
    inputs: quantizedInputs(quantized),
    compute: (...bytes) => dequantize(quantized, bytes),
  },
  quantized,
})
