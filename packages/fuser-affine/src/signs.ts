import { computeNow, decodeFloats, type Tensor } from '@nnfuse/ir'

/**
 * Whether all numbers of a float tensor are finite and as asked; undefined where they are not at hand, since fusing reads
 * no file.
 */
export const allNumbers = (tensor: Tensor, holds: (value: number) => boolean): boolean | undefined => {
  const bytes = computeNow(tensor)
  return (
    bytes &&
    decodeFloats(bytes, tensor.dtype).every((value: number) => Number.isFinite(value) && holds(value))
  )
}
