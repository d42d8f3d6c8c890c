import { bitsPerElement, elementCount, type Tensor } from '@nnfuse/ir'

/*
 * Elements of a tensor by their places in it. Nothing here allocates for each of them: a weight has millions.
 */

/** Bytes of one element, or undefined where elements share bytes. */
export const elementSize = ({ dtype }: Tensor): number | undefined => {
  const bits = bitsPerElement[dtype]
  return bits % 8 === 0 ? bits / 8 : undefined
}

/** Elements to step over to get to the next one along each axis. */
export const stridesOf = (shape: readonly number[]): number[] => {
  const strides = shape.map(() => 1)
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number)
  }
  return strides
}

/** Says of each position of a strided view, in order, which element of the input stands there. */
export const eachPosition = (
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (position: number, i: number) => void,
): void => {
  const index = shape.map(() => 0)
  const count = elementCount(shape)
  let at = offset
  for (let i = 0; i < count; i += 1) {
    visit(at, i)
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = (index[axis] as number) + 1
      at += strides[axis] as number
      if ((index[axis] as number) < (shape[axis] as number)) break
      at -= (shape[axis] as number) * (strides[axis] as number)
      index[axis] = 0
    }
  }
}

type Copy = (position: number, i: number) => void

const wordSize = 4

/** Whole words where elements have them. */
const copyWords = (bytes: Uint8Array, result: Uint8Array, size: number): Copy => {
  const aligned = bytes.byteOffset % wordSize === 0 ? bytes : new Uint8Array(bytes)
  const from = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / wordSize)
  const to = new Uint32Array(result.buffer)
  const words = size / wordSize
  return (position, i) => {
    for (let word = 0; word < words; word += 1) to[i * words + word] = from[position * words + word] as number
  }
}

const copyBytes =
  (bytes: Uint8Array, result: Uint8Array, size: number): Copy =>
  (position, i) => {
    for (let byte = 0; byte < size; byte += 1)
      result[i * size + byte] = bytes[position * size + byte] as number
  }

/** Elements of so many bytes, one after the other. */
export const pickElements = (
  bytes: Uint8Array,
  size: number,
  count: number,
  each: (visit: Copy) => void,
): Uint8Array => {
  const result = new Uint8Array(count * size)
  each((size % wordSize === 0 ? copyWords : copyBytes)(bytes, result, size))
  return result
}
