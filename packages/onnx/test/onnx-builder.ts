import { create, toBinary } from '@bufbuild/protobuf'
import { type DType, encode, type ValueType } from '@nnfuse/ir'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type FunctionProto,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf'
import { attributeProto } from '../src/attributes.js'
import { dataTypeOf } from '../src/data-types.js'
import { valueInfoProto } from '../src/value-types.js'

/*
 * Small ONNX files for tests, written without the code under test where it matters: by onnx-buf.
 */

type AttributeValue =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | TensorProto
  | GraphProto

const attribute = (name: string, value: AttributeValue): AttributeProto => {
  if (typeof value === 'object' && '$typeName' in value) {
    return value.$typeName === 'onnx.TensorProto'
      ? create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: value })
      : create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value })
  }
  return attributeProto(name, value)
}

/** `node('Conv', ['x', 'w'], ['y'], { strides: [2, 2] })` */
export const node = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  rest: { readonly name?: string; readonly domain?: string } = {},
): NodeProto =>
  create(NodeProtoSchema, {
    opType,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...rest,
  })

/** A tensor with its data in raw_data. */
export const tensor = (
  name: string,
  dims: readonly number[],
  values: ArrayLike<number>,
  dtype: DType = 'float32',
): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: dataTypeOf(dtype),
    rawData: new Uint8Array(encode(values, dtype)),
  })

/** `count` different numbers between -1 and 1. */
export const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i + 1))

/** A float tensor of {@link ramp}. */
export const weights = (name: string, ...dims: number[]): TensorProto =>
  tensor(name, dims, ramp(dims.reduce((a, b) => a * b, 1)))

type Types = Readonly<Record<string, ValueType | readonly (number | string)[]>>

const infos = (types: Types) =>
  Object.entries(types).map(([name, type]) =>
    valueInfoProto(
      name,
      'shape' in type ? (type as ValueType) : { dtype: 'float32', shape: type as readonly number[] },
    ),
  )

export interface GraphParts {
  readonly nodes?: readonly NodeProto[]
  readonly initializers?: readonly TensorProto[]
  /** Shapes of float inputs, or whole types. */
  readonly inputs?: Types
  readonly outputs?: Types
  readonly valueInfo?: Types
}

export const graph = ({
  nodes = [],
  initializers = [],
  inputs = {},
  outputs = {},
  valueInfo = {},
}: GraphParts) =>
  create(GraphProtoSchema, {
    name: 'test',
    node: [...nodes],
    initializer: [...initializers],
    input: infos(inputs),
    output: infos(outputs),
    valueInfo: infos(valueInfo),
  })

interface FunctionParts {
  readonly inputs: string[]
  readonly outputs: string[]
  readonly nodes: NodeProto[]
  /** Attributes that a call must give. */
  readonly attributes?: string[]
  /** Attributes that have a value where a call does not give them. */
  readonly defaults?: Readonly<Record<string, AttributeValue>>
  readonly opset?: number
  readonly domains?: readonly string[]
}

/** A function of the domain `test`. */
export const functionOf = (name: string, parts: FunctionParts): FunctionProto => {
  const { inputs, outputs, nodes, attributes = [], defaults = {}, opset = 17, domains = [] } = parts
  return create(FunctionProtoSchema, {
    name,
    domain: 'test',
    input: inputs,
    output: outputs,
    attribute: attributes,
    attributeProto: Object.entries(defaults).map(([key, value]) => attribute(key, value)),
    node: nodes,
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      ...domains.map((domain) => ({ domain, version: 1n })),
    ],
  })
}

/** A node of a function with attributes that are the function's: the node's name for it, the function's. */
export const withReferences = (
  { attribute: given, ...rest }: NodeProto,
  references: Readonly<Record<string, string>>,
  type: AttributeType,
): NodeProto => ({
  ...rest,
  attribute: [
    ...given,
    ...Object.entries(references).map(([name, refAttrName]) =>
      create(AttributeProtoSchema, { name, refAttrName, type }),
    ),
  ],
})

export interface ModelParts extends GraphParts {
  readonly opset?: number
  readonly irVersion?: number
  readonly domains?: readonly string[]
  readonly functions?: readonly FunctionProto[]
}

/** The bytes of a model. */
export const model = ({
  opset = 17,
  irVersion = 8,
  domains = [],
  functions = [],
  ...parts
}: ModelParts): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        ...domains.map((domain) => ({ domain, version: 1n })),
      ],
      graph: graph(parts),
      functions: [...functions],
    }),
  )
