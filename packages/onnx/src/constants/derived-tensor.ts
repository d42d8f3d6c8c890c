import {
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
import { eachPosition, elementSize, pickElements, stridesOf } from './pick-elements.js'

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
  const isLater = size > smallTensor || bytes.includes(undefined)
  const result = isLater
    ? deferredTensor(dtype, shape, inputs, compute)
    : tensorOf(dtype, shape, compute(...(bytes as Uint8Array[])))
  return inputs.some(({ approximate }) => approximate) ? { ...result, approximate: true } : result
}

/** The same where rounding depends on who computes it: floats in double precision, rounded once. */
export const approximateTensor = (...args: Parameters<typeof derivedTensor>): Tensor | undefined => {
  const result = derivedTensor(...args)
  return result && { ...result, approximate: true }
}

/** The same elements in another shape; undefined where their number differs. */
export const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor | undefined =>
  elementCount(shape) === elementCount(tensor.shape) ? { ...tensor, shape } : undefined

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
    pickElements(bytes, size, elementCount(shape), (copy) => eachPosition(shape, strides, offset, copy))
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

/** What was turned before, by the order of axes: a tensor that layers share stays one. */
const results = new WeakMap<Tensor, Map<string, Tensor>>()

const turned = (tensor: Tensor, perm: readonly number[]): Tensor | undefined => {
  const quantized = quantizedOf(tensor)
  const result = quantized ? transposedQuantized(quantized, perm) : permuted(tensor, perm)
  if (result) originals.set(result, { tensor, perm })
  return result
}

/** The tensor with its axes in another order; the same one each time. */
export const transposed = (tensor: Tensor, perm: readonly number[]): Tensor | undefined => {
  const original = originals.get(tensor)
  if (original && perm.every((axis, i) => original.perm[axis] === i)) return original.tensor
  const known = results.get(tensor) ?? new Map<string, Tensor>()
  const result = known.get(String(perm)) ?? turned(tensor, perm)
  if (result) results.set(tensor, known.set(String(perm), result))
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
