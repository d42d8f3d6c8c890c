import { byteLength, type DType, decode, elementCount, type TypedArray } from '@nnfuse/ir'
import { badNpy } from '../errors.js'

/** A NumPy array as it lies in its file: row-major, little-endian. */
export interface NpyTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** A NumPy array, row-major. 16-bit floats are widened to 32 bits. */
export interface NpyArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: TypedArray
}

const dtypes: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
])

const magic = '\x93NUMPY'

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The header is a Python dictionary; where it starts and how its length is written depends on the version. */
const splitHeader = (bytes: Uint8Array, name: string): readonly [header: string, data: Uint8Array] => {
  if (latin1(bytes.subarray(0, 6)) !== magic) throw badNpy(name, 'it is no .npy file')
  const isFirstVersion = bytes[6] === 1
  const start = isFirstVersion ? 10 : 12
  if (bytes.byteLength < start) throw badNpy(name, 'it ends inside its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = start + (isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true))
  if (bytes.byteLength < end) throw badNpy(name, 'it ends inside its header')
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + end, bytes.byteLength - end) // bare, also of a Buffer
  return [latin1(bytes.subarray(start, end)), data]
}

const dtypeOf = (header: string, name: string): DType => {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1]
  if (descr === undefined) throw badNpy(name, 'its header states no plain dtype')
  if (descr.startsWith('>') && !descr.endsWith('1')) {
    throw badNpy(name, `it is big-endian ("${descr}")`, `Save array.astype('<${descr.slice(1)}').`)
  }
  const dtype = dtypes.get(descr.replace(/^[<|=>]/, ''))
  if (dtype === undefined) throw badNpy(name, `its dtype "${descr}" is none of bool, integer and float`)
  return dtype
}

const shapeOf = (header: string, name: string): readonly number[] => {
  const text = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1]
  if (text === undefined) throw badNpy(name, 'its header states no shape')
  return text.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]))
}

const checkOrder = (header: string, name: string): void => {
  if (/'fortran_order'\s*:\s*False/.test(header)) return
  throw badNpy(name, 'its elements are in column-major order', 'Save numpy.ascontiguousarray(array).')
}

/**
 * Reads a `.npy` file: plain bool, integer and float arrays, row-major and little-endian.
 *
 * @param name shown in errors
 * @throws NnfuseError `BAD_NPY`, with what NumPy call gives a file that can be read.
 */
export const parseNpyTensor = (bytes: Uint8Array, name: string): NpyTensor => {
  const [header, data] = splitHeader(bytes, name)
  checkOrder(header, name)
  const dtype = dtypeOf(header, name)
  const shape = shapeOf(header, name)
  const wanted = byteLength({ dtype, shape })
  if (data.byteLength !== wanted) {
    throw badNpy(
      name,
      `${elementCount(shape)} elements of ${dtype} take ${wanted} bytes, and it holds ${data.byteLength}`,
    )
  }
  return { dtype, shape, bytes: data }
}

/**
 * Reads the numbers of a `.npy` file, as {@link parseNpyTensor} does.
 *
 * @param name shown in errors
 * @throws NnfuseError `BAD_NPY`
 */
export const parseNpy = (bytes: Uint8Array, name: string): NpyArray => {
  const { dtype, shape, bytes: data } = parseNpyTensor(bytes, name)
  return { dtype, shape, values: decode(data, dtype) }
}
