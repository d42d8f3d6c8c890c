import { print } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { difference, fused, graphIn, nodesIn } from '../test/conv-bn.js'
import { type ModelParts, model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { importOnnx, serializeOnnx } from './index.js'

const sequence = [2, 5, 3]
const io: ModelParts = { inputs: { x: sequence }, outputs: { y: [2, 5, 4] } }
const initializers = [weights('onnx::MatMul_7', 3, 4), weights('encoder.fc.bias', 4)]
const product = node('MatMul', ['x', 'onnx::MatMul_7'], ['p'], {}, { name: '/encoder/fc/MatMul' })
const sum = (inputs: string[]) => node('Add', inputs, ['y'], {}, { name: '/encoder/fc/Add' })

const layersIn = async (bytes: Uint8Array): Promise<string[]> =>
  print((await importOnnx(bytes)).root)
    .split('\n')
    .slice(1)
    .map((line) => line.trim())

describe.each([
  ['behind the product', ['p', 'encoder.fc.bias']],
  ['before it', ['encoder.fc.bias', 'p']],
])('a product and its bias %s', (_, inputs) => {
  const bytes = model({ ...io, nodes: [product, sum(inputs)], initializers })

  test('are one layer, at the path of the module that was exported', async () => {
    expect(await layersIn(bytes)).toEqual(['encoder.fc: nn.Linear(3 -> 4) : y <- x'])
  })

  test('are written as they were', async () => {
    expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
    expect(Buffer.compare((await fused(bytes)).after, bytes)).toBe(0)
  })

  test('keep their names where something is folded into them', async () => {
    const nodes = [product, sum(inputs), node('Mul', ['y', 'factor'], ['z'])]
    const before = model({
      ...io,
      nodes,
      initializers: [...initializers, tensor('factor', [4], [0.5, 2, 3, 0.1])],
      outputs: { z: [2, 5, 4] },
    })
    const { after } = await fused(before)
    const graph = graphIn(after)
    expect(graph.node.map(({ name, opType }) => [name, opType])).toEqual([
      ['/encoder/fc/MatMul', 'MatMul'],
      ['/encoder/fc/Add', 'Add'],
    ])
    expect(await difference(before, after, { x: { dims: sequence, values: ramp(30) } })).toBeLessThan(1e-5)
    expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
  })
})

test('a matrix, its bias and a batch-norm are one Gemm', async () => {
  const keys = ['scale', 'shift', 'mean', 'variance']
  const nodes = [product, sum(['p', 'encoder.fc.bias']), node('BatchNormalization', ['y', ...keys], ['z'])]
  const tensors = keys.map((key) => tensor(key, [4], [0.5, 2, 3, 0.1]))
  const bytes = model({
    nodes,
    initializers: [...initializers, ...tensors],
    inputs: { x: [6, 3] },
    outputs: { z: [6, 4] },
  })
  const { after } = await fused(bytes)
  expect(nodesIn(graphIn(after))).toEqual(['z = Gemm(x,encoder.fc.weight,encoder.fc.bias)'])
  expect(await difference(bytes, after, { x: { dims: [6, 3], values: ramp(18) } })).toBeLessThan(1e-5)
})

describe('stay two layers', () => {
  const kindsIn = async (parts: ModelParts): Promise<(string | undefined)[]> => {
    const lines = await layersIn(model({ ...io, initializers, ...parts }))
    return lines.map((line) => line.match(/(nn|onnx)\.\w+/)?.[0]).filter((kind) => kind !== 'nn.Constant')
  }
  const apart = ['nn.Linear', 'nn.Add']

  test('where something else uses the product', async () => {
    const nodes = [product, sum(['p', 'encoder.fc.bias']), node('Relu', ['p'], ['r'])]
    expect(await kindsIn({ nodes, outputs: { y: [2, 5, 4], r: [2, 5, 4] } })).toEqual([...apart, 'nn.ReLU'])
  })

  test('where the product is an output', async () => {
    const nodes = [product, sum(['p', 'encoder.fc.bias'])]
    expect(await kindsIn({ nodes, outputs: { y: [2, 5, 4], p: [2, 5, 4] } })).toEqual(apart)
  })

  test('where the product is added to itself', async () => {
    expect(await kindsIn({ nodes: [product, sum(['p', 'p'])] })).toEqual(apart)
  })

  test.each([
    ['one number', [1]],
    ['a number for each step', [5, 1]],
    ['a number for each element', [2, 5, 4]],
  ])('where %s is added', async (_, dims) => {
    const nodes = [product, sum(['p', 'other'])]
    expect(await kindsIn({ nodes, initializers: [...initializers, weights('other', ...dims)] })).toEqual(
      apart,
    )
  })

  test('where what is added is computed at run time', async () => {
    const inputs = { x: sequence, other: [4] }
    expect(await kindsIn({ nodes: [product, sum(['p', 'other'])], inputs })).toEqual(apart)
  })
})
