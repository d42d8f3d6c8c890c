import {
  bitsPerElement,
  byteLength,
  decodeFloats,
  deferredTensor,
  elementCount,
  encode,
  peekBytes,
  type Quantized,
  quantizedOf,
  quantizedTensor,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { smallTensor } from '../index-tensor.js'

type Type = Pick<Tensor, 'dtype' | 'shape'>

const largest = 2 ** 46

/**
 * A tensor computed from others: at once where it is small and they are in memory, so that shapes are at hand;
 * else when it is read. Undefined for a shape that no memory holds.
 */
export const derivedTensor = (
  { dtype, shape }: Type,
  inputs: readonly Tensor[],
  compute: (...inputs: readonly Uint8Array[]) => Uint8Array,
): Tensor | undefined => {
  const size = byteLength({ dtype, shape })
  if (!(size <= largest)) return undefined
  const bytes = inputs.map(peekBytes)
  if (size > smallTensor || bytes.includes(undefined)) return deferredTensor(dtype, shape, inputs, compute)
  return tensorOf(dtype, shape, compute(...(bytes as Uint8Array[])))
}

/** The same elements in another shape; undefined where their number differs. */
export const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor | undefined =>
  elementCount(shape) === elementCount(tensor.shape) ? { ...tensor, shape } : undefined

/** Bytes of one element, or undefined where elements share bytes. */
const elementSize = ({ dtype }: Tensor): number | undefined => {
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

/** Which element of the input stands at each position of a strided view. */
function* positions(shape: readonly number[], strides: readonly number[], offset: number): Generator<number> {
  const index = shape.map(() => 0)
  let at = offset
  for (let left = elementCount(shape); left > 0; left -= 1) {
    yield at
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = (index[axis] as number) + 1
      at += strides[axis] as number
      if ((index[axis] as number) < (shape[axis] as number)) break
      at -= (shape[axis] as number) * (strides[axis] as number)
      index[axis] = 0
    }
  }
}

const pick = (bytes: Uint8Array, size: number, count: number, from: Iterable<number>): Uint8Array => {
  const result = new Uint8Array(count * size)
  let at = 0
  for (const position of from) {
    for (let i = 0; i < size; i += 1) result[at + i] = bytes[position * size + i] as number
    at += size
  }
  return result
}

/** A view with other strides, in elements: transposing, slicing and expanding are such views. */
export const stridedTensor = (
  tensor: Tensor,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): Tensor | undefined => {
  const size = elementSize(tensor)
  if (size === undefined) return undefined
  const compute = (bytes: Uint8Array): Uint8Array =>
    pick(bytes, size, elementCount(shape), positions(shape, strides, offset))
  return derivedTensor({ dtype: tensor.dtype, shape }, [tensor], compute)
}

/** What transposed tensors were made from: a weight that is turned when it is read is turned back when it is written. */
const originals = new WeakMap<Tensor, { readonly tensor: Tensor; readonly perm: readonly number[] }>()

const permuted = (tensor: Tensor, perm: readonly number[]): Tensor | undefined => {
  const strides = stridesOf(tensor.shape)
  return stridedTensor(
    tensor,
    perm.map((axis) => tensor.shape[axis] as number),
    perm.map((axis) => strides[axis] as number),
  )
}

/** The integers turned, and with them the axis along which their scales lie. */
const transposedQuantized = (quantized: Quantized, perm: readonly number[]): Tensor | undefined => {
  const values = transposed(quantized.values, perm)
  const axis = quantized.axis === undefined ? undefined : perm.indexOf(quantized.axis)
  return values && quantizedTensor({ ...quantized, values, axis })
}

/** Whether it was made by turning another tensor: written turned back, that one serves. */
export const isTurned = (tensor: Tensor): boolean => originals.has(tensor)

/** The tensor with its axes in another order. */
export const transposed = (tensor: Tensor, perm: readonly number[]): Tensor | undefined => {
  const original = originals.get(tensor)
  if (original && perm.every((axis, i) => original.perm[axis] === i)) return original.tensor
  const quantized = quantizedOf(tensor)
  const result = quantized ? transposedQuantized(quantized, perm) : permuted(tensor, perm)
  if (result) originals.set(result, { tensor, perm })
  return result
}

/** A float tensor times a number, each product rounded to the dtype. */
export const scaled = (tensor: Tensor | undefined, factor: number): Tensor | undefined => {
  if (tensor === undefined || factor === 1) return tensor
  const { dtype } = tensor
  return derivedTensor(tensor, [tensor], (bytes) =>
    encode(
      decodeFloats(bytes, dtype).map((value) => value * factor),
      dtype,
    ),
  )
}

/** The tensor repeated along axes of size 1, and new ones in front, to broadcast to a shape; undefined where it does not. */
export const expanded = (tensor: Tensor, wanted: readonly number[]): Tensor | undefined => {
  const rank = Math.max(wanted.length, tensor.shape.length)
  const from = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape]
  const to = [...new Array<number>(rank - wanted.length).fill(1), ...wanted]
  const dims = from.map((dim, i) => (dim === 1 ? (to[i] as number) : dim))
  if (dims.some((dim, i) => dim < 0 || (to[i] !== 1 && to[i] !== dim))) return undefined
  if (String(dims) === String(tensor.shape)) return tensor
  const strides = stridesOf(from).map((stride, i) => (from[i] === 1 ? 0 : stride))
  return stridedTensor(tensor, dims, strides)
}

const product = (dims: readonly number[]): number => elementCount(dims)

/** The slices of a tensor along an axis that `indices` name. */
export const gathered = (
  tensor: Tensor,
  axis: number,
  indices: readonly number[],
  indexShape: readonly number[],
): Tensor | undefined => {
  const size = elementSize(tensor)
  if (size === undefined) return undefined
  const { shape } = tensor
  const along = shape[axis] as number
  const inner = product(shape.slice(axis + 1)) * size
  const outer = product(shape.slice(0, axis))
  const compute = (bytes: Uint8Array): Uint8Array => {
    const rows = Array.from({ length: outer }, (_, row) => indices.map((index) => row * along + index)).flat()
    return pick(bytes, inner, rows.length, rows)
  }
  return derivedTensor(
    { dtype: tensor.dtype, shape: [...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)] },
    [tensor],
    compute,
  )
}

/** Tensors of one type joined along an axis. */
export const concatenated = (tensors: readonly Tensor[], axis: number): Tensor | undefined => {
  const [first] = tensors
  const size = first && elementSize(first)
  if (first === undefined || size === undefined) return undefined
  const widths = tensors.map(({ shape }) => product(shape.slice(axis)) * size)
  const outer = product(first.shape.slice(0, axis))
  const compute = (...inputs: readonly Uint8Array[]): Uint8Array => interleaved(inputs, widths, outer)
  const along = tensors.reduce((sum, { shape }) => sum + (shape[axis] as number), 0)
  const shape = first.shape.map((dim, i) => (i === axis ? along : dim))
  return derivedTensor({ dtype: first.dtype, shape }, tensors, compute)
}

const interleaved = (inputs: readonly Uint8Array[], widths: readonly number[], rows: number): Uint8Array => {
  const result = new Uint8Array(widths.reduce((a, b) => a + b, 0) * rows)
  let at = 0
  for (let row = 0; row < rows; row += 1) {
    for (const [i, width] of widths.entries()) {
      result.set((inputs[i] as Uint8Array).subarray(row * width, (row + 1) * width), at)
      at += width
    }
  }
  return result
}
