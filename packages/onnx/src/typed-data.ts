import { type DType, encode } from '@nnfuse/ir'
import type { TensorProto } from 'onnx-buf'

/*
 * Where a TensorProto has no raw_data, its elements stand in a list whose field depends on the data type:
 * int32_data holds every small type, one element an entry, the floats among them as their bits; 4-bit types two
 * an entry. Complex numbers are two floats.
 */

type Packer = (tensor: TensorProto) => Uint8Array

const int32As =
  (dtype: DType): Packer =>
  ({ int32Data }) =>
    encode(int32Data, dtype)

const bigints = (values: readonly bigint[], Type: typeof BigInt64Array | typeof BigUint64Array): Uint8Array =>
  new Uint8Array(Type.from(values).buffer)

const bytesOfInt32: Packer = int32As('uint8')
const floats: Packer = ({ floatData }) => encode(floatData, 'float32')
const doubles: Packer = ({ doubleData }) => encode(doubleData, 'float64')

const packers: ReadonlyMap<DType, Packer> = new Map<DType, Packer>([
  ['float32', floats],
  ['complex64', floats],
  ['float64', doubles],
  ['complex128', doubles],
  ['int64', ({ int64Data }) => bigints(int64Data, BigInt64Array)],
  ['uint64', ({ uint64Data }) => bigints(uint64Data, BigUint64Array)],
  ['uint32', ({ uint64Data }) => encode(uint64Data.map(Number), 'uint32')],
  ['int32', int32As('int32')],
  ['int16', int32As('int16')],
  ['uint16', int32As('uint16')],
  ['float16', int32As('uint16')],
  ['bfloat16', int32As('uint16')],
  ['int8', int32As('int8')],
  ['uint8', bytesOfInt32],
  ['bool', bytesOfInt32],
  ['float8e4m3fn', bytesOfInt32],
  ['float8e4m3fnuz', bytesOfInt32],
  ['float8e5m2', bytesOfInt32],
  ['float8e5m2fnuz', bytesOfInt32],
  ['float8e8m0', bytesOfInt32],
  ['uint4', bytesOfInt32],
  ['int4', bytesOfInt32],
  ['float4e2m1', bytesOfInt32],
  ['uint2', bytesOfInt32],
  ['int2', bytesOfInt32],
])

/** The little-endian bytes of a tensor that has no raw_data; empty for strings. */
export const typedData = (dtype: DType, tensor: TensorProto): Uint8Array =>
  packers.get(dtype)?.(tensor) ?? new Uint8Array(0)

/** The field in which packed data of this type may stand as it does in raw_data. */
export const packedField = (dtype: DType): number | undefined => {
  if (dtype === 'float32' || dtype === 'complex64') return 4
  return dtype === 'float64' || dtype === 'complex128' ? 10 : undefined
}
