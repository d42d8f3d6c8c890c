import { type DType, isFloat } from './dtype.js'
import { NnfuseError } from './errors.js'
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float-format.js'
import { type Tensor, tensorOf } from './tensor.js'

/** The arrays that elements of tensors are decoded to; 64-bit integers are BigInts. */
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

/** A float tensor from numbers, row-major, each rounded to the dtype. */
export const floatTensor = (
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: DType = 'float32',
): Tensor => tensorOf(dtype, shape, encode(values, dtype))
