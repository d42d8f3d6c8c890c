import { type DType, decode, peekBytes, type Tensor } from '@nnfuse/ir'

export const isInteger = (dtype: DType): boolean => /^u?int(8|16|32|64)$/.test(dtype) || dtype === 'bool'

/** Whether an integer is exact in JavaScript, and one of the dtype. */
export const fits = (dtype: DType, value: number): boolean => {
  const [, unsigned, bits] = /^(u?)int(8|16|32|64)$/.exec(dtype) ?? []
  const width = Math.min(Number(bits), 53)
  return unsigned
    ? value >= 0 && value < 2 ** width
    : Math.abs(value) < 2 ** Math.min(width, Number(bits) - 1)
}

/** Elements as JavaScript has them; of 64-bit integers beyond 2^53, the nearest. */
export const numbers = (bytes: Uint8Array, dtype: DType): number[] =>
  Array.from(decode(bytes, dtype) as ArrayLike<number | bigint>, Number)

/** The elements of a small tensor of integers that are exact in JavaScript; undefined where they are not at hand. */
export const integersAtHand = (tensor: Tensor): readonly number[] | undefined => {
  const bytes = peekBytes(tensor)
  const values = bytes && numbers(bytes, tensor.dtype)
  return values?.every(Number.isSafeInteger) ? values : undefined
}
