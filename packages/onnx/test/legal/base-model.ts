import { create, toBinary } from '@bufbuild/protobuf'
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf'
import { valueInfoProto } from '../../src/value-types.js'
import { graph, node, ramp, tensor, weights } from '../onnx-builder.js'

/** The parts of {@link base} that fold: what else is in a file must come out as it went in. */
export const folded = {
  nodes: ['conv', 'bn'],
  tensors: ['conv.weight', 'bn.weight', 'bn.bias', 'bn.running_mean', 'bn.running_var'],
  values: ['c'],
} as const

/** The oldest IR version that goes with an opset. */
export const irVersionFor = (opset: number): number => {
  const firstOpsets: readonly (readonly [opset: number, irVersion: number])[] = [
    [25, 13],
    [24, 12],
    [23, 11],
    [21, 10],
    [19, 9],
    [15, 8],
    [12, 7],
    [11, 6],
    [10, 5],
    [9, 4],
  ]
  return firstOpsets.find(([first]) => opset >= first)?.[1] ?? 3
}

/** x -> Conv -> BatchNormalization -> y, and from IR version 4 on nothing else. */
export const base = (opset = 17, irVersion = irVersionFor(opset)): ModelProto => {
  const [weight, ...rest] = folded.tensors
  const [scale, bias, mean] = rest.map((name) => weights(name, 2)) as [TensorProto, TensorProto, TensorProto]
  const variance = tensor('bn.running_var', [2], [0.5, 2])
  const parts = graph({
    nodes: [
      node('Conv', ['x', weight], ['c'], { kernel_shape: [1, 1] }, { name: 'conv' }),
      node('BatchNormalization', ['c', ...rest], ['y'], {}, { name: 'bn' }),
    ],
    initializers: [tensor(weight, [2, 2, 1, 1], ramp(4)), scale, bias, mean, variance],
    inputs: { x: [1, 2, 3, 3] },
    outputs: { y: [1, 2, 3, 3] },
    valueInfo: { c: [1, 2, 3, 3] },
  })
  if (irVersion < 4) {
    for (const { name, dims } of parts.initializer)
      parts.input.push(valueInfoProto(name, { dtype: 'float32', shape: dims.map(Number) }))
  }
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: parts,
  })
}

/** The graph of {@link base}. */
export const graphIn = ({ graph: parts }: ModelProto) => parts ?? create(GraphProtoSchema)

/** {@link base} with nodes behind it, and whatever else a case wants. */
export const withNodes = (nodes: readonly NodeProto[], opset?: number, irVersion?: number): ModelProto => {
  const model = base(opset, irVersion)
  graphIn(model).node.push(...nodes)
  return model
}

/** {@link base} with another output, of a type that is stated. */
export const withOutput = (
  model: ModelProto,
  name: string,
  dtype: Parameters<typeof valueInfoProto>[1]['dtype'],
  shape: readonly (number | string | null)[],
): ModelProto => {
  graphIn(model).output.push(valueInfoProto(name, { dtype, shape }))
  return model
}

export const bytesOf = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model)
