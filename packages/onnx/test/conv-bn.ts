import { fromBinary } from '@bufbuild/protobuf'
import { fuse } from 'nnfuse'
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf'
import { importOnnx, serializeOnnx } from '../src/index.js'
import { node, ramp, tensor, weights } from './onnx-builder.js'
import { type Feed, runOnnx } from './run-onnx.js'

/*
 * Convolutions with two channels and a batch-norm behind, for models that hold them in unusual places.
 */

/** The shape of what goes in and comes out. */
export const shape = [1, 2, 3, 3]

const keys = ['weight', 'bias', 'running_mean', 'running_var'] as const

/** `convBn('block', 'x', 'y')`: two nodes; their parameters are `block.conv.weight`, `block.bn.weight` and so on. */
export const convBn = (name: string, from: string, to: string): NodeProto[] => [
  node(
    'Conv',
    [from, `${name}.conv.weight`],
    [`${to}_conv`],
    { pads: [1, 1, 1, 1] },
    { name: `${name}.conv` },
  ),
  node(
    'BatchNormalization',
    [`${to}_conv`, ...keys.map((key) => `${name}.bn.${key}`)],
    [to],
    {},
    { name: `${name}.bn` },
  ),
]

export const parameters = (name: string): TensorProto[] => [
  weights(`${name}.conv.weight`, 2, 2, 3, 3),
  weights(`${name}.bn.weight`, 2),
  weights(`${name}.bn.bias`, 2),
  weights(`${name}.bn.running_mean`, 2),
  tensor(`${name}.bn.running_var`, [2], [0.5, 2]),
]

export const parse = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes)

export const graphIn = (bytes: Uint8Array): GraphProto => parse(bytes).graph as GraphProto

/** The graph in an attribute of the first node that has it. */
export const bodyOf = ({ node: nodes }: GraphProto, name: string): GraphProto =>
  nodes.flatMap(({ attribute }) => attribute).find((entry) => entry.name === name)?.g as GraphProto

/** `y = Conv(x,w,b)` for every node. */
export const nodesIn = ({ node: nodes }: GraphProto): string[] =>
  nodes.map(({ opType, input, output }) => `${output} = ${opType}(${input})`)

export const initializersIn = ({ initializer }: GraphProto): string[] => initializer.map(({ name }) => name)

/** The file after fusing, and what was applied and left. */
export const fused = async (bytes: Uint8Array) => {
  const { model, report } = fuse(await importOnnx(bytes))
  return { after: await serializeOnnx(model), model, report }
}

/** A feed for the input `x`. */
export const x: Feed = { dims: shape, values: ramp(18) }

export const condition = (value: boolean): Feed => ({ dims: [], values: [Number(value)], type: 'bool' })

/** The largest difference between the outputs of two models in ONNX Runtime, relative to 1 plus the value. */
export const difference = async (
  before: Uint8Array,
  after: Uint8Array,
  feeds: Readonly<Record<string, Feed>>,
): Promise<number> => {
  const [expected, actual] = [await runOnnx(before, feeds), await runOnnx(after, feeds)]
  const errors = Object.entries(expected).flatMap(([name, { values }]) =>
    values.map((value, i) => Math.abs(value - (actual[name]?.values[i] as number)) / (1 + Math.abs(value))),
  )
  return Math.max(...errors)
}
