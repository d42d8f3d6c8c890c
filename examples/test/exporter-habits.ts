import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf'

/*
 * What PyTorch's two exporters do to a model beyond writing it down, done to a model that nnfuse has written: both
 * habits defeat optimizers that look for initializers only.
 */

const edit = (bytes: Uint8Array, change: (graph: GraphProto) => void): Uint8Array => {
  const model: ModelProto = fromBinary(ModelProtoSchema, bytes)
  if (model.graph === undefined) throw new Error('no graph')
  change(model.graph)
  return toBinary(ModelProtoSchema, model)
}

const node = (
  opType: string,
  input: string[],
  output: string,
  attribute: NodeProto['attribute'] = [],
): NodeProto =>
  create(NodeProtoSchema, { opType, name: `${opType}_${output}`, input, output: [output], attribute })

const sameBytes = (a: TensorProto, b: TensorProto): boolean =>
  `${a.dims}` === `${b.dims}` && a.dataType === b.dataType && Buffer.compare(a.rawData, b.rawData) === 0

/** The TorchScript exporter writes equal tensors once; the others are reached through Identity nodes of their names. */
export const shareThroughIdentity = (bytes: Uint8Array): Uint8Array =>
  edit(bytes, (graph) => {
    const kept: TensorProto[] = []
    const identities: NodeProto[] = []
    for (const tensor of graph.initializer) {
      const twin = tensor.rawData.length < 65_536 ? kept.find((other) => sameBytes(other, tensor)) : undefined
      if (twin === undefined) kept.push(tensor)
      else identities.push(node('Identity', [twin.name], tensor.name))
    }
    graph.initializer = kept
    graph.node = [...identities, ...graph.node]
  })

const int = (name: string, i: bigint) =>
  create(AttributeProtoSchema, { name, i, type: AttributeProto_AttributeType.INT })

const zero = create(AttributeProtoSchema, {
  name: 'value',
  type: AttributeProto_AttributeType.TENSOR,
  t: create(TensorProtoSchema, { dataType: TensorProto_DataType.FLOAT, rawData: new Uint8Array(4) }),
})

const one = create(AttributeProtoSchema, {
  name: 'value_ints',
  ints: [1n],
  type: AttributeProto_AttributeType.INTS,
})

/** Shape of the weight, its first size, a zero of the input's type, expanded to that size. */
const zeroBias = (conv: NodeProto, number: number): NodeProto[] => {
  const [x = '', weight = ''] = conv.input
  const value = (what: string): string => `${what}_${number}`
  return [
    node('Shape', [weight], value('shape'), [int('start', 0n), int('end', 1n)]),
    node('Constant', [], value('one'), [one]),
    node('Expand', [value('shape'), value('one')], value('size')),
    node('Constant', [], value('zero'), [zero]),
    node('CastLike', [value('zero'), x], value('typed')),
    node('Expand', [value('typed'), value('size')], value('bias')),
  ]
}

/** The dynamo exporter, told not to optimize, computes a zero bias for each convolution that has none. */
export const computeZeroBiases = (bytes: Uint8Array): Uint8Array =>
  edit(bytes, (graph) => {
    graph.node = graph.node.flatMap((conv, number) => {
      if (conv.opType !== 'Conv' || conv.input.length !== 2) return [conv]
      const chain = zeroBias(conv, number)
      conv.input.push(`bias_${number}`)
      return [...chain, conv]
    })
  })
