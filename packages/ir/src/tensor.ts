import { bitsPerElement, type DType, isFloat } from './dtype.js'
import { NnfuseError, tensorSizeMismatch } from './errors.js'
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float-format.js'

/** Where bytes can be read from: a file, a Blob, a buffer. Offsets and lengths in bytes. */
export interface ByteSource {
  /** Shown in error messages. */
  readonly name: string
  readonly size: number
  /** The bytes `[offset, offset + length)`; the result may be a view that the caller must not write to. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export type Storage =
  | { readonly type: 'memory'; readonly bytes: Uint8Array }
  | { readonly type: 'slice'; readonly source: ByteSource; readonly offset: number }
  | {
      readonly type: 'deferred'
      readonly inputs: readonly Tensor[]
      /** Gets the little-endian bytes of each input and returns those of the result. */
      readonly compute: (...inputs: readonly Uint8Array[]) => Uint8Array
    }

/**
 * An immutable tensor whose data is read when somebody asks for it: row-major, little-endian.
 *
 * A deferred tensor is a function of others. Fusing makes such tensors; writing the model evaluates them one at
 * a time.
 */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly storage: Storage
}

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

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

/** A float tensor from numbers, row-major, each rounded to the dtype. */
export const floatTensor = (
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: DType = 'float32',
): Tensor => tensorOf(dtype, shape, encode(values, dtype))

const aligned = (bytes: Uint8Array, size: number): Uint8Array =>
  bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes) // not slice(): that of a Buffer copies nothing

const view = <T>(
  bytes: Uint8Array,
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): T
    readonly BYTES_PER_ELEMENT: number
  },
): T => {
  const data = aligned(bytes, Type.BYTES_PER_ELEMENT)
  return new Type(data.buffer, data.byteOffset, data.byteLength / Type.BYTES_PER_ELEMENT)
}

const decode16 = (bytes: Uint8Array, fromBits: (bits: number) => number): Float32Array =>
  Float32Array.from(view(bytes, Uint16Array), fromBits)

const decoders: { readonly [D in DType]?: (bytes: Uint8Array) => TypedArray } = {
  float32: (bytes) => view(bytes, Float32Array),
  float64: (bytes) => view(bytes, Float64Array),
  float16: (bytes) => decode16(bytes, fromFloat16Bits),
  bfloat16: (bytes) => decode16(bytes, fromBfloat16Bits),
  int8: (bytes) => view(bytes, Int8Array),
  int16: (bytes) => view(bytes, Int16Array),
  int32: (bytes) => view(bytes, Int32Array),
  int64: (bytes) => view(bytes, BigInt64Array),
  uint8: (bytes) => bytes,
  uint16: (bytes) => view(bytes, Uint16Array),
  uint32: (bytes) => view(bytes, Uint32Array),
  uint64: (bytes) => view(bytes, BigUint64Array),
  bool: (bytes) => bytes,
}

/**
 * The elements as a typed array; float16 and bfloat16 widen to float32 exactly.
 *
 * @throws NnfuseError `DTYPE_UNREADABLE` for float8, 4-bit, complex and string tensors.
 */
export const decode = (bytes: Uint8Array, dtype: DType): TypedArray => {
  const decoder = decoders[dtype]
  if (decoder === undefined) {
    throw new NnfuseError('DTYPE_UNREADABLE', `${dtype} tensors pass through unread`, {
      hint: 'Only their bytes can be copied.',
    })
  }
  return decoder(bytes)
}

/** {@link decode} for the four float dtypes. */
export const decodeFloats = (bytes: Uint8Array, dtype: DType): Float32Array | Float64Array => {
  if (!isFloat(dtype)) throw new NnfuseError('DTYPE_UNREADABLE', `expected a float tensor, got ${dtype}`)
  return decode(bytes, dtype) as Float32Array | Float64Array
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

const encoders: { readonly [D in DType]?: (values: ArrayLike<number>) => ArrayBufferView } = {
  float32: (values) => (values instanceof Float32Array ? values : Float32Array.from(values)),
  float64: (values) => (values instanceof Float64Array ? values : Float64Array.from(values)),
  float16: (values) => Uint16Array.from(values, (x) => toFloat16Bits(Math.fround(x))),
  bfloat16: (values) => Uint16Array.from(values, toBfloat16Bits),
  int8: (values) => Int8Array.from(values),
  int16: (values) => Int16Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  uint8: (values) => Uint8Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  uint64: (values) => BigUint64Array.from(Array.from(values, BigInt)),
  bool: (values) => Uint8Array.from(values),
}

/** The bytes of numbers in a dtype, floats rounded to nearest even. The inverse of {@link decode}. */
export const encode = (values: ArrayLike<number>, dtype: DType): Uint8Array => {
  const encoder = encoders[dtype]
  if (encoder === undefined)
    throw new NnfuseError('DTYPE_UNREADABLE', `${dtype} tensors cannot be made from numbers`)
  return bytesOf(encoder(values))
}

/** What is left to do to evaluate a deferred tensor: an explicit stack, since chains of folds can be long. */
interface Frame {
  readonly tensor: Tensor
  readonly inputs: readonly Tensor[]
  readonly values: Uint8Array[]
}

const evaluate = (tensor: Tensor, values: readonly Uint8Array[]): Uint8Array => {
  if (tensor.storage.type !== 'deferred') throw new TypeError('only deferred tensors are evaluated')
  const bytes = tensor.storage.compute(...values)
  const expected = byteLength(tensor)
  if (bytes.byteLength !== expected) throw tensorSizeMismatch(expected, bytes.byteLength, 'a computed tensor')
  return bytes
}

const readLeaf = (tensor: Tensor): Uint8Array | Promise<Uint8Array> | undefined => {
  const { storage } = tensor
  if (storage.type === 'memory') return storage.bytes
  if (storage.type === 'slice') return storage.source.read(storage.offset, byteLength(tensor))
  return undefined
}

const frameOf = (tensor: Tensor): Frame => ({
  tensor,
  inputs: tensor.storage.type === 'deferred' ? tensor.storage.inputs : [],
  values: [],
})

/** The tensor's bytes: from memory, from its file, or computed. Holds one tensor and its inputs at a time. */
export const readBytes = async (tensor: Tensor): Promise<Uint8Array> => {
  const direct = readLeaf(tensor)
  if (direct !== undefined) return direct
  const stack = [frameOf(tensor)]
  for (;;) {
    const frame = stack.at(-1) as Frame
    const next = frame.inputs[frame.values.length]
    if (next !== undefined) {
      const leaf = readLeaf(next)
      if (leaf === undefined) stack.push(frameOf(next))
      else frame.values.push(await leaf)
      continue
    }
    const bytes = evaluate(frame.tensor, frame.values)
    stack.pop()
    const parent = stack.at(-1)
    if (parent === undefined) return bytes
    parent.values.push(bytes)
  }
}

/** The bytes if they are in memory already, else undefined. Never reads a file, never computes. */
export const peekBytes = (tensor: Tensor): Uint8Array | undefined =>
  tensor.storage.type === 'memory' ? tensor.storage.bytes : undefined

/** The elements as a typed array; see {@link decode}. */
export const readValues = async (tensor: Tensor): Promise<TypedArray> =>
  decode(await readBytes(tensor), tensor.dtype)

/** `float32[64, 3, 7, 7]` */
export const formatTensor = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): string =>
  `${dtype}[${shape.join(', ')}]`
