import { create } from '@bufbuild/protobuf'
import { type Dim, isSizeProduct, unknownType, type ValueType } from '@nnfuse/ir'
import {
  type TensorShapeProto_Dimension,
  TensorShapeProto_DimensionSchema,
  type TypeProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { dataTypeOf, dtypeOf } from './data-types.js'

const isSize = (value: bigint): boolean => value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)

/**
 * A symbol is one size wherever it stands in a model, in graphs inside nodes too: ONNX has no scopes for them. But what is
 * no identifier, as ONNX asks for, or is Python's word for nothing, is written by some for any size.
 */
const isSymbol = (name: string): boolean => /[a-z_]/i.test(name) && name !== 'None' && !isSizeProduct(name)

const dimOf = ({ value }: TensorShapeProto_Dimension): Dim => {
  if (value.case === 'dimValue') return isSize(value.value) ? Number(value.value) : null
  return value.case === 'dimParam' && isSymbol(value.value) ? value.value : null
}

/** What a file states of a value; sequences, maps and optionals are unknown to us. */
export const valueTypeOf = (type: TypeProto | undefined): ValueType => {
  if (type?.value.case !== 'tensorType') return unknownType
  const { elemType, shape } = type.value.value
  return { dtype: dtypeOf(elemType), shape: shape?.dim.map(dimOf) }
}

const dimProto = (dim: Dim): TensorShapeProto_Dimension => {
  if (typeof dim === 'number') {
    return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(dim) } })
  }
  if (dim === null || isSizeProduct(dim)) return create(TensorShapeProto_DimensionSchema)
  return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: dim } })
}

/** The message that states the type of a value; without a type where not even its dtype is known. */
export const valueInfoProto = (name: string, { dtype, shape }: ValueType): ValueInfoProto => {
  if (dtype === undefined) return create(ValueInfoProtoSchema, { name })
  const tensor = { elemType: dataTypeOf(dtype), ...(shape && { shape: { dim: shape.map(dimProto) } }) }
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensor } } })
}

/** The type without symbols, which hold in the whole of a file: a function's are those of one call, and others' of others. */
export const withoutSymbols = (type: TypeProto | undefined): TypeProto | undefined => {
  if (type?.value.case !== 'tensorType' || type.value.value.shape === undefined) return type
  const { shape, ...tensor } = type.value.value
  const dim = shape.dim.map((one) =>
    one.value.case === 'dimParam' ? create(TensorShapeProto_DimensionSchema) : one,
  )
  return { ...type, value: { case: 'tensorType', value: { ...tensor, shape: { ...shape, dim } } } }
}
