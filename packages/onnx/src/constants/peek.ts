import { decode, peekBytes, type Tensor } from '@nnfuse/ir'

const integers = new Set(['int64', 'int32'])

/** The values of a small integer tensor, such as a shape or a list of axes; undefined where they are not at hand. */
export const peekIntegers = (tensor: Tensor | undefined): readonly number[] | undefined => {
  const bytes = isIntegers(tensor) ? peekBytes(tensor) : undefined
  return tensor && bytes && integersOf(bytes, tensor)
}

/** Whether a tensor holds integers as lists of sizes, axes and places do. */
export const isIntegers = (tensor: Tensor | undefined): tensor is Tensor =>
  tensor !== undefined && integers.has(tensor.dtype)

/** The values of such a tensor, of its bytes. */
export const integersOf = (bytes: Uint8Array, { dtype }: Tensor): readonly number[] =>
  Array.from(decode(bytes, dtype) as ArrayLike<number | bigint>, (value) => clampToSafe(Number(value)))

/** Exporters write the largest int64 for "to the end". */
const clampToSafe = (value: number): number =>
  Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)

/** The value of a tensor with one number; undefined where it is not at hand or not one number. */
export const peekScalar = (tensor: Tensor | undefined): number | undefined => {
  const bytes = tensor && peekBytes(tensor)
  if (tensor === undefined || bytes === undefined || tensor.dtype === 'string') return undefined
  const values = decode(bytes, tensor.dtype)
  return values.length === 1 ? Number(values[0]) : undefined
}
