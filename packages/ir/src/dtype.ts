/** Element types of tensors. float8, 4-bit and string tensors pass through unread. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'complex64'
  | 'complex128'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2'
  | 'string'

/** Dtypes that torch computes layers in. */
export type FloatDType = 'float32' | 'float64' | 'float16' | 'bfloat16'

/** Bits of one element; strings have no fixed width. */
export const bitsPerElement: { readonly [D in DType]: number } = {
  float32: 32,
  float64: 64,
  float16: 16,
  bfloat16: 16,
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
  bool: 8,
  complex64: 64,
  complex128: 128,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  float4e2m1: 4,
  int4: 4,
  uint4: 4,
  int2: 2,
  uint2: 2,
  string: Number.NaN,
}

/** Whether it is one of the dtypes that layers are computed in; float8 is not. */
export const isFloat = (dtype: DType): dtype is FloatDType =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16'

const floatRank: { readonly [D in FloatDType]: number } = { float16: 0, bfloat16: 0, float32: 1, float64: 2 }

/** The dtype two float operands are computed in, as torch promotes: float16 with bfloat16 gives float32. */
export const promote = (a: FloatDType, b: FloatDType): FloatDType => {
  if (a === b) return a
  if (floatRank[a] === floatRank[b]) return 'float32'
  return floatRank[a] > floatRank[b] ? a : b
}
