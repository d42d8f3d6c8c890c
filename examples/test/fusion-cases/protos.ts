import { create } from '@bufbuild/protobuf'
import { type DType, encode } from '@nnfuse/ir'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'

/*
 * The messages of small ONNX files, written by onnx-buf: a file that nnfuse itself had written would show only that it
 * agrees with itself.
 */

/** A number of float attributes is `{ float }`; all others are ints. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | GraphProto
export type Attributes = Readonly<Record<string, Attribute>>

const text = new TextEncoder()

const attribute = (name: string, value: Attribute): AttributeProto => {
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: text.encode(value) })
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float })
  if ('$typeName' in value) return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value })
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) })
}

export const nodeProto = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
  rest: { readonly name?: string; readonly domain?: string } = {},
): NodeProto =>
  create(NodeProtoSchema, {
    opType,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...rest,
  })

/** `Constant` with its tensor. */
export const constantProto = (output: string, t: TensorProto): NodeProto =>
  create(NodeProtoSchema, {
    opType: 'Constant',
    output: [output],
    attribute: [create(AttributeProtoSchema, { name: 'value', type: AttributeType.TENSOR, t })],
  })

const dataTypes: Partial<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  float64: DataType.DOUBLE,
  int8: DataType.INT8,
  int32: DataType.INT32,
  uint8: DataType.UINT8,
  int64: DataType.INT64,
  bool: DataType.BOOL,
}

/** ONNX's number of a dtype. */
export const dataTypeOf = (dtype: DType): DataType => dataTypes[dtype] ?? DataType.UNDEFINED

export const tensorProto = (
  name: string,
  dims: readonly number[],
  values: ArrayLike<number>,
  dtype: DType,
): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: dataTypeOf(dtype),
    rawData: new Uint8Array(encode(values, dtype)),
  })

/** A size, a symbol, or null where nothing is said. */
export type Shape = readonly (number | string | null)[]

const dimProto = (dim: number | string | null) => {
  if (dim === null) return {}
  if (typeof dim === 'string') return { value: { case: 'dimParam' as const, value: dim } }
  return { value: { case: 'dimValue' as const, value: BigInt(dim) } }
}

export const infoProto = (name: string, shape: Shape, dtype: DType): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: { elemType: dataTypeOf(dtype), shape: { dim: shape.map(dimProto) } },
      },
    },
  })
