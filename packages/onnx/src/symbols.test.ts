import { create } from '@bufbuild/protobuf'
import { FunctionProtoSchema, type NodeProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { condition, difference, fused, graphIn } from '../test/conv-bn.js'
import { functionOf, graph, type ModelParts, model, node, ramp, tensor } from '../test/onnx-builder.js'
import { documentOf, importOnnx } from './index.js'
import { valueInfoProto } from './value-types.js'

/*
 * "Currently, dimension variables are not scoped. A dimension variable "N" represents the same value across the entire
 * graph in a model. [...] Nested sub-graphs currently share the same scope for dimension variables as the main-graph."
 * (ONNX, Open Neural Network Exchange Intermediate Representation, "Static Tensor Shapes")
 */

/** The sum of the sizes of two inputs, each taken out of its shape. */
const sizesOf = (a: string, b: string): NodeProto[] => [
  node('Shape', [a], ['p']),
  node('Shape', [b], ['q']),
  node('Add', ['p', 'q'], ['y']),
]

const parts = (a: string, b: string): ModelParts => ({
  nodes: sizesOf('a', 'b'),
  inputs: { a: [a], b: [b] },
  outputs: { y: { dtype: 'int64', shape: [1] } },
})

const opsIn = (bytes: Uint8Array): string[] => graphIn(bytes).node.map(({ opType }) => opType)

const feed = (count: number) => ({ dims: [count], values: ramp(count) })

test.each(['n', 'batch_size', '2*s0'])('a symbol is one size wherever it stands: %s', async (symbol) => {
  const before = model(parts(symbol, symbol))
  const { after } = await fused(before)
  expect(opsIn(after)).toEqual(['Shape', 'Add'])
  expect(await difference(before, after, { a: feed(3), b: feed(3) })).toBe(0)
})

test.each(['None', '?', '-1', '*'])('%s is written by some for any size', async (symbol) => {
  const before = model(parts(symbol, symbol))
  const { after } = await fused(before)
  expect(opsIn(after)).toEqual(['Shape', 'Shape', 'Add'])
  expect(await difference(before, after, { a: feed(3), b: feed(5) })).toBe(0)
})

test('graphs inside nodes have the symbols of the file', async () => {
  const branch = (name: string) => ({
    ...graph({ nodes: sizesOf('a', 'b'), outputs: { y: { dtype: 'int64', shape: [1] } } }),
    name,
  })
  const before = model({
    nodes: [node('If', ['c'], ['y'], { then_branch: branch('then'), else_branch: branch('else') })],
    inputs: { a: ['n'], b: ['n'], c: { dtype: 'bool', shape: [] } },
    outputs: { y: { dtype: 'int64', shape: [1] } },
  })
  const { after } = await fused(before)
  const inner = graphIn(after).node[0]?.attribute.map(({ g }) => g?.node.map(({ opType }) => opType))
  expect(inner).toEqual([
    ['Shape', 'Add'],
    ['Shape', 'Add'],
  ])
  expect(await difference(before, after, { a: feed(3), b: feed(3), c: condition(true) })).toBe(0)
})

describe("a function's symbols are those of one call", () => {
  const relu = (from: string, to: string): NodeProto[] => [node('Relu', [from], [to])]
  const stated = { dtype: 'float32', shape: ['n'] } as const

  /** What it gives is said to be of the size n, of each call another. */
  const activated = create(FunctionProtoSchema, {
    ...functionOf('Activated', {
      inputs: ['u'],
      outputs: ['w'],
      nodes: [...relu('u', 'v'), ...relu('v', 'w')],
    }),
    valueInfo: [valueInfoProto('v', stated), valueInfoProto('w', stated)],
  })

  /** In its branches it adds the sizes of what it is given first, and of n numbers of its own. */
  const branch = (name: string) => ({
    ...graph({
      nodes: [...relu('t', 'inside'), ...sizesOf('u', 'inside')],
      outputs: { y: { dtype: 'int64', shape: [1] } },
      valueInfo: { inside: stated },
    }),
    name,
  })
  const chosen = functionOf('Chosen', {
    inputs: ['u', 't'],
    outputs: ['w'],
    nodes: [
      node('Constant', [], ['yes'], { value: tensor('', [], [1], 'bool') }),
      node('If', ['yes'], ['w'], { then_branch: branch('then'), else_branch: branch('else') }),
    ],
  })

  const called = (nodes: NodeProto[], functions: ModelParts['functions'] & object): Uint8Array =>
    model({ ...parts('n', 'm'), nodes, functions, domains: ['test'] })

  test('of its values', async () => {
    const calls = ['a', 'b'].map((name) =>
      node('Activated', [name], [`${name} active`], {}, { domain: 'test' }),
    )
    const before = called([...calls, ...sizesOf('a active', 'b active')], [activated])
    const types = documentOf(await importOnnx(before))?.types
    expect(['a active', 'b active'].map((name) => types?.get(name)?.shape)).toEqual([['n'], ['m']])
    const { after } = await fused(before)
    expect(opsIn(after).filter((op) => op === 'Shape')).toHaveLength(2)
    expect(await difference(before, after, { a: feed(3), b: feed(5) })).toBe(0)
  })

  test('of graphs inside its nodes', async () => {
    const before = called([node('Chosen', ['a', 'b'], ['y'], {}, { domain: 'test' })], [chosen])
    const { after } = await fused(before)
    expect(await difference(before, after, { a: feed(3), b: feed(5) })).toBe(0)
  })
})
