import { decodeFloats, deferredTensor, encode, type FloatDType, isFloat, type Tensor } from '@nnfuse/ir'

/**
 * `y = scale * x + shift`, one number for each place along an axis.
 *
 * The numbers are float64 tensors of shape `[size]`, or `[1]` where there is one for all; they are computed when the
 * layer that takes them up is read.
 */
export interface Affine {
  /** Which axis of the value, from the front; undefined where one number is for all elements. */
  readonly axis: number | undefined
  /** null: 1 */
  readonly scale: Tensor | null
  /** null: 0 */
  readonly shift: Tensor | null
}

/** How many numbers there are: 1 where one is for all. */
export const sizeOf = ({ scale, shift }: Affine): number => (scale ?? shift)?.shape[0] ?? 1

const bytesOf = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** A vector that is computed from tensors of any float dtype when it is read. */
export const vectorFrom = (
  size: number,
  tensors: readonly Tensor[],
  compute: (...values: readonly ArrayLike<number>[]) => Float64Array,
): Tensor =>
  deferredTensor('float64', [size], tensors, (...bytes) =>
    bytesOf(compute(...bytes.map((part, i) => decodeFloats(part, (tensors[i] as Tensor).dtype)))),
  )

/** Elements of a vector that follow each other. A single number stays what it is. */
export const part = (vector: Tensor | null, start: number, size: number): Tensor | null =>
  vector === null || vector.shape[0] === 1
    ? vector
    : vectorFrom(size, [vector], (values) =>
        Float64Array.from({ length: size }, (_, i) => values[start + i] as number),
      )

/** The number for a place along the axis. */
export const at = (vector: ArrayLike<number>, i: number): number =>
  vector[vector.length === 1 ? 0 : i] as number

/** A tensor of a float dtype, computed in float64 from others and rounded once. */
export const computed = (
  like: Tensor,
  shape: readonly number[],
  tensors: readonly (Tensor | null)[],
  compute: (...values: readonly (ArrayLike<number> | undefined)[]) => ArrayLike<number>,
): Tensor => {
  const present = tensors.filter((tensor) => tensor !== null)
  const dtype = like.dtype as FloatDType
  return deferredTensor(dtype, shape, present, (...bytes) => {
    const rest = bytes.map((one, i) => decodeFloats(one, (present[i] as Tensor).dtype))
    return encode(compute(...tensors.map((tensor) => (tensor === null ? undefined : rest.shift()))), dtype)
  })
}

/** Integers, float8 and 4-bit weights pass through unread. */
export const areFloats = (tensors: readonly (Tensor | null)[]): boolean =>
  tensors.every((tensor) => tensor === null || isFloat(tensor.dtype))
