import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { fuse } from 'nnfuse'
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
} from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { legalModels } from '../test/legal/legal-models.js'
import { modelFiles, readModel } from '../test/models.js'
import { type GraphParts, model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { importOnnx, serializeOnnx } from './index.js'

const fused = async (bytes: Uint8Array): Promise<Uint8Array> =>
  await serializeOnnx(fuse(await importOnnx(bytes)).model)

const protoOf = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes)

const graphOf = (bytes: Uint8Array): GraphProto => protoOf(bytes).graph as GraphProto

const statistics = (name: string): TensorProto[] => [
  weights(`${name}.weight`, 2),
  weights(`${name}.bias`, 2),
  weights(`${name}.running_mean`, 2),
  tensor(`${name}.running_var`, [2], [0.5, 2]),
]

const conv = (name: string, weight: string, from: string, to: string) =>
  node('Conv', [from, weight], [to], {}, { name })

const batchNorm = (name: string, from: string, to: string) =>
  node(
    'BatchNormalization',
    [from, ...['weight', 'bias', 'running_mean', 'running_var'].map((key) => `${name}.${key}`)],
    [to],
    {},
    { name },
  )

const io = { inputs: { x: [1, 2, 3, 3] }, outputs: { y: [1, 2, 3, 3] } }

const initializerNames = (bytes: Uint8Array): string[] => graphOf(bytes).initializer.map(({ name }) => name)

const computesTheSame = async (before: Uint8Array, after: Uint8Array): Promise<void> => {
  const feeds = { x: { dims: [1, 2, 3, 3], values: ramp(18) } }
  const [expected, actual] = [await runOnnx(before, feeds), await runOnnx(after, feeds)]
  for (const [name, { values }] of Object.entries(expected))
    for (const [i, value] of values.entries()) expect(actual[name]?.values[i]).toBeCloseTo(value, 4)
}

/** x -> conv -> bn -> y, and what a case adds. */
const block = ({
  nodes = [],
  initializers = [],
  outputs = {},
  valueInfo = {},
}: GraphParts = {}): Uint8Array =>
  model({
    inputs: io.inputs,
    outputs: { ...io.outputs, ...outputs },
    nodes: [conv('conv', 'layer1.0.conv1.weight', 'x', 'c'), batchNorm('bn', 'c', 'y'), ...nodes],
    initializers: [weights('layer1.0.conv1.weight', 2, 2, 1, 1), ...statistics('bn'), ...initializers],
    valueInfo,
  })

describe('names', () => {
  test('new tensors are named after the layer', async () => {
    expect(initializerNames(await fused(block()))).toEqual(['layer1.0.conv1.weight', 'layer1.0.conv1.bias'])
  })

  test('that are taken are not given again', async () => {
    const taken = ['layer1.0.conv1.bias', 'layer1.0.conv1.bias_1']
    const bytes = block({
      nodes: [
        node('Mul', ['y', 'layer1.0.conv1.bias'], ['layer1.0.conv1.bias_1']),
        node('Relu', ['layer1.0.conv1.bias_1'], ['z']),
      ],
      initializers: [weights('layer1.0.conv1.bias', 1, 2, 1, 1)],
      outputs: { z: [1, 2, 3, 3] },
    })
    const after = await fused(bytes)
    const graph = graphOf(after)
    const names = [
      ...graph.initializer.map(({ name }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(taken.slice(0, 1)))
    await computesTheSame(bytes, after)
  })

  test('of two layers that shared a weight and part are two', async () => {
    const bytes = model({
      ...io,
      nodes: [
        conv('first', 'shared', 'x', 'a'),
        batchNorm('bn1', 'a', 'b'),
        conv('second', 'shared', 'b', 'c'),
        batchNorm('bn2', 'c', 'y'),
      ],
      initializers: [weights('shared', 2, 2, 1, 1), ...statistics('bn1'), ...statistics('bn2')],
    })
    const after = await fused(bytes)
    expect(initializerNames(after)).toEqual(['first.weight', 'first.bias', 'second.weight', 'second.bias'])
    await computesTheSame(bytes, after)
  })
})

describe('tensors', () => {
  test('that are shared stay shared by those that did not change', async () => {
    const bytes = model({
      ...io,
      nodes: [
        conv('first', 'shared.weight', 'x', 'a'),
        batchNorm('bn', 'a', 'b'),
        conv('second', 'shared.weight', 'b', 'c'),
        node('Relu', ['c'], ['d']),
        conv('third', 'shared.weight', 'd', 'y'),
      ],
      initializers: [weights('shared.weight', 2, 2, 1, 1), ...statistics('bn')],
    })
    const after = await fused(bytes)
    const { node: nodes, initializer } = graphOf(after)
    const convWeights = nodes.filter(({ opType }) => opType === 'Conv').map(({ input }) => input[1])
    expect(convWeights.slice(1)).toEqual(['shared.weight', 'shared.weight'])
    expect(convWeights[0]).not.toBe('shared.weight')
    expect(initializer).toHaveLength(3)
    await computesTheSame(bytes, after)
  })

  test('that nobody used before stay, those that nobody uses any more go', async () => {
    const after = await fused(block({ initializers: [weights('spare', 3)] }))
    expect(initializerNames(after)).toEqual(['spare', 'layer1.0.conv1.weight', 'layer1.0.conv1.bias'])
  })
})

describe('what the file says of values', () => {
  test('goes with the values', async () => {
    const bytes = block({ valueInfo: { c: [1, 2, 3, 3], y: [1, 2, 3, 3], 'of nobody': [1] } })
    expect(graphOf(await fused(bytes)).valueInfo.map(({ name }) => name)).toEqual(['y', 'of nobody'])
  })

  test('of versions stays', async () => {
    const [before, after] = [protoOf(block()), protoOf(await fused(block()))]
    expect([after.irVersion, after.opsetImport]).toEqual([before.irVersion, before.opsetImport])
  })
})

test('an output that is listed twice is made once', async () => {
  const bytes = block({
    nodes: [node('Identity', ['y'], ['z'], {}, { name: 'same' })],
    outputs: { z: [1, 2, 3, 3] },
  })
  const { output } = graphOf(bytes)
  const piece = toBinary(GraphProtoSchema, create(GraphProtoSchema, { output: output.slice(-1) }))
  const twice = new Uint8Array(Buffer.concat([bytes, Uint8Array.of(0x3a, piece.length), piece]))
  const after = graphOf(await fused(twice))
  expect(after.output.map(({ name }) => name)).toEqual(['y', 'z', 'z'])
  expect(after.node.map(({ name, opType }) => [name, opType])).toEqual([
    ['conv', 'Conv'],
    ['same', 'Identity'],
  ])
})

const files = [
  ...[...modelFiles.keys()].map((name) => [name, readModel(name)] as const),
  ...legalModels.map(({ name, bytes }) => [name, bytes] as const),
]

/** Names that are used in a graph or in the graphs inside its nodes. */
const usedIn = ({ node: nodes, output }: GraphProto): string[] => [
  ...output.map(({ name }) => name),
  ...nodes.flatMap(({ input, attribute }) => [
    ...input,
    ...attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs].flatMap(usedIn)),
  ]),
]

const unusedIn = (bytes: Uint8Array): string[] => {
  const graph = graphOf(bytes)
  const used = new Set(usedIn(graph))
  return graph.initializer.map(({ name }) => name).filter((name) => !used.has(name))
}

describe.each(files)('%s', (_, bytes) => {
  test('fused twice is what it is fused once', async () => {
    const once = await fused(bytes)
    expect(Buffer.compare(await fused(once), once)).toBe(0)
  })

  test('fused holds nothing that nobody uses, but what nobody used before', async () => {
    expect(unusedIn(bytes)).toEqual(expect.arrayContaining(unusedIn(await fused(bytes))))
  })
})
