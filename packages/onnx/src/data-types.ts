import type { DType } from '@nnfuse/ir'

/** ONNX's TensorProto.DataType, by our names; the position is ONNX's number. */
const names: readonly (DType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
]

/** Our name of an ONNX data type; undefined for 0 and for numbers newer than this package. */
export const dtypeOf = (dataType: number): DType | undefined => names[dataType]

/** ONNX's number of a data type. */
export const dataTypeOf = (dtype: DType): number => names.indexOf(dtype)
