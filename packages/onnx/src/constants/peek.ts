import { decode, peekBytes, type Tensor } from '@nnfuse/ir'

const integers = new Set(['int64', 'int32'])

/** The values of a small integer tensor, such as a shape or a list of axes; undefined where they are not at hand. */
export const peekIntegers = (tensor: Tensor | undefined): readonly number[] | undefined => {
  if (tensor === undefined || !integers.has(tensor.dtype)) return undefined
  const bytes = peekBytes(tensor)
  if (bytes === undefined) return undefined
  return Array.from(decode(bytes, tensor.dtype) as ArrayLike<number | bigint>, (value) =>
    clampToSafe(Number(value)),
  )
}

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
