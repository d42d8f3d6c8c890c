import { bitsPerElement, type DType } from './dtype.js'
import { tensorSizeMismatch } from './errors.js'
import type { Quantized } from './quantized-tensor.js'

/** Where bytes can be read from: a file, a Blob, a buffer. Offsets and lengths in bytes. */
export interface ByteSource {
  /** Shown in error messages. */
  readonly name: string
  readonly size: number
  /** The bytes `[offset, offset + length)`; the result may be a view that the caller must not write to. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** The same into bytes of the caller's, as many as fit there; for sources that need not make new ones. */
  readInto?(offset: number, target: Uint8Array): Promise<void>
}

/**
 * Changes part of a tensor's bytes in place.
 *
 * @param offset where the part begins, in bytes from the tensor's first; parts begin and end between two elements
 */
export type ChangePart = (part: Uint8Array, offset: number) => void

/**
 * Where the bytes of a tensor are: in memory, in a part of a file, or in a function of other tensors that runs when
 * somebody reads them.
 */
export type Storage =
  | { readonly type: 'memory'; readonly bytes: Uint8Array }
  | { readonly type: 'slice'; readonly source: ByteSource; readonly offset: number }
  | {
      readonly type: 'deferred'
      readonly inputs: readonly Tensor[]
      /** Gets the little-endian bytes of each input and returns those of the result. */
      readonly compute: (...inputs: readonly Uint8Array[]) => Uint8Array
    }
  | {
      readonly type: 'elementwise'
      /** A tensor of the same dtype and shape. */
      readonly source: Tensor
      readonly inputs: readonly Tensor[]
      /** Gets the little-endian bytes of each input and returns what makes elements of the source those of the result. */
      readonly prepare: (...inputs: readonly Uint8Array[]) => ChangePart
    }

/**
 * An immutable tensor whose data is read when somebody asks for it: row-major, little-endian.
 *
 * A deferred tensor is a function of others; an elementwise one is another tensor with each of its elements changed,
 * which needs no more memory than a part of it. Fusing makes such tensors; writing the model evaluates them one at a
 * time.
 */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly storage: Storage
  /** Of floats that are stored as integers: these. Ask `quantizedOf`. */
  readonly quantized?: Quantized
  /**
   * Computed in a way in which rounding depends on who computes it, such as a sum, whose order no standard says. It is
   * rounded once here; a runtime may have another last digit.
   */
  readonly approximate?: true
}

/** Whether a value is a tensor, by its shape as an object: copies of this package agree. */
/** Whether a value, such as an attribute of a layer, is a tensor. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'storage' in value

/** The product of all sizes; 1 for `[]`. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((count, dim) => count * dim, 1)

/** Bytes that a tensor of this dtype and shape occupies; sub-byte types are packed. NaN for strings. */
export const byteLength = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): number =>
  Math.ceil((elementCount(shape) * bitsPerElement[dtype]) / 8)

/** A tensor over bytes in memory (not copied: the caller must not change them afterwards). */
export const tensorOf = (dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor => {
  const expected = byteLength({ dtype, shape })
  if (bytes.byteLength !== expected) {
    throw tensorSizeMismatch(expected, bytes.byteLength, `a ${dtype} tensor of shape [${shape.join(', ')}]`)
  }
  return { dtype, shape, storage: { type: 'memory', bytes } }
}

/** A tensor over part of a file; nothing is read yet. */
export const sliceTensor = (
  dtype: DType,
  shape: readonly number[],
  source: ByteSource,
  offset: number,
): Tensor => ({
  dtype,
  shape,
  storage: { type: 'slice', source, offset },
})

/** A tensor that is computed from others when it is read. `compute` must be pure. */
export const deferredTensor = (
  dtype: DType,
  shape: readonly number[],
  inputs: readonly Tensor[],
  compute: (...inputs: readonly Uint8Array[]) => Uint8Array,
): Tensor => ({ dtype, shape, storage: { type: 'deferred', inputs, compute } })

/**
 * A tensor that is `source` with each element changed by itself, when it is read: a weight of any size is computed part
 * by part. `prepare` must be pure, and what it returns must not depend on the order or the size of the parts.
 */
export const elementwiseTensor = (
  source: Tensor,
  inputs: readonly Tensor[],
  prepare: (...inputs: readonly Uint8Array[]) => ChangePart,
): Tensor => ({
  dtype: source.dtype,
  shape: source.shape,
  storage: { type: 'elementwise', source, inputs, prepare },
})

const noTensors: readonly Tensor[] = []

/** The tensors that a tensor is computed from; none where its bytes lie in memory or in a file. */
export const operandsOf = ({ storage }: Tensor): readonly Tensor[] => {
  if (storage.type === 'deferred') return storage.inputs
  return storage.type === 'elementwise' ? [storage.source, ...storage.inputs] : noTensors
}

/** `float32[64, 3, 7, 7]` */
export const formatTensor = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): string =>
  `${dtype}[${shape.join(', ')}]`
