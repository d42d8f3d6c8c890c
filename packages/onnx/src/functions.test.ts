import { flatten, GraphModule, print, Tanh } from '@nnfuse/ir'
import type { FunctionProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { difference, fused, graphIn, nodesIn, parameters, shape, x } from '../test/conv-bn.js'
import {
  actual,
  block,
  call,
  formal,
  functionsIn,
  io,
  padding,
  reasonOf,
  twice,
  unchanged,
} from '../test/function-calls.js'
import { functionOf, model, node } from '../test/onnx-builder.js'
import { importOnnx, serializeOnnx } from './index.js'

describe('a call whose function holds Conv and batch-norm', () => {
  const bytes = model({
    ...io,
    nodes: [
      call('Block', ['x', ...actual('p')], ['h'], { padding }, 'first'),
      node('Relu', ['h'], ['r']),
      call('Block', ['r', ...actual('q')], ['y'], { padding, epsilon: { float: 0.5 } }, 'second'),
    ],
    initializers: [...parameters('p'), ...parameters('q')],
    functions: [block],
  })

  test('is its layers, with the attributes of the call or their defaults', async () => {
    const { root } = await importOnnx(bytes)
    expect(print(root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (y)
        p.conv: nn.Conv2d(2 -> 2, 3x3, padding 1, no bias) : first/c <- x
        p.bn: nn.BatchNorm2d(2, eps 0.001) : h <- first/c
        Relu_2: nn.ReLU : r <- h
        q.conv: nn.Conv2d(2 -> 2, 3x3, padding 1, no bias) : second/c <- r
        q.bn: nn.BatchNorm2d(2, eps 0.5) : y <- second/c"
    `)
    expect(root.children.get('q.bn')?.attrs).toMatchObject({ eps: 0.5 })
  })

  test('is written as the call it was while nothing has changed', async () => {
    expect(await unchanged(bytes)).toBe(true)
  })

  test('is fused; the function that nobody calls any more goes', async () => {
    const { after } = await fused(bytes)
    expect(nodesIn(graphIn(after))).toEqual([
      'h = Conv(x,p.conv.weight,p.conv.bias)',
      'r = Relu(h)',
      'y = Conv(r,q.conv.weight,q.conv.bias)',
    ])
    expect(functionsIn(after)).toEqual([])
    expect(await difference(bytes, after, { x })).toBeLessThan(1e-5)
  })
})

test('functions that are still called, and those that never were, stay', async () => {
  const idle = functionOf('Idle', {
    inputs: ['a'],
    outputs: ['b'],
    nodes: [node('Neg', ['a'], ['b'])],
  })
  const bytes = model({
    ...io,
    nodes: [call('Block', ['x', ...actual('p')], ['h'], { padding }), call('Twice', ['h'], ['y'])],
    initializers: parameters('p'),
    functions: [block, idle, twice],
  })
  const { after } = await fused(bytes)
  expect(nodesIn(graphIn(after))).toEqual(['h = Conv(x,p.conv.weight,p.conv.bias)', 'y = Twice(h)'])
  expect(functionsIn(after)).toEqual(['Idle', 'Twice'])
  expect(await difference(bytes, after, { x })).toBeLessThan(1e-5)
})

test('a call is written under the name that its input has now', async () => {
  const bytes = model({
    ...io,
    nodes: [node('Identity', ['x'], ['same']), call('Twice', ['same'], ['y'])],
    functions: [twice],
  })
  const { after } = await fused(bytes)
  expect(nodesIn(graphIn(after))).toEqual(['y = Twice(x)'])
  expect(functionsIn(after)).toEqual(['Twice'])
})

test('a call is its nodes where something else uses a value inside it', async () => {
  const bytes = model({ ...io, nodes: [call('Twice', ['x'], ['y'])], functions: [twice] })
  const imported = await importOnnx(bytes)
  const { attrs, children } = flatten(imported.root)
  const [hidden = ''] = attrs.calls[0]?.outputs ?? []
  const watched = GraphModule(new Map([...children, ['tanh', Tanh()]]), {
    ...attrs,
    calls: [...attrs.calls, { target: 'tanh', inputs: [hidden], outputs: ['z'] }],
    outputs: ['y', 'z'],
  })
  const after = await serializeOnnx(imported.with(watched))
  expect(graphIn(after).node.map(({ opType }) => opType)).toEqual(['Relu', 'Add', 'Tanh'])
  expect(await difference(bytes, after, { x })).toBe(0)
})

test('a layer of a function and one outside are fused', async () => {
  const conv = functionOf('Convolve', {
    inputs: ['a', 'w'],
    outputs: ['b'],
    nodes: [node('Conv', ['a', 'w'], ['b'], { pads: padding })],
  })
  const [, ...norm] = actual('p')
  const bytes = model({
    ...io,
    nodes: [
      call('Convolve', ['x', 'p.conv.weight'], ['h']),
      node('BatchNormalization', ['h', ...norm], ['y']),
    ],
    initializers: parameters('p'),
    functions: [conv],
  })
  const { after } = await fused(bytes)
  expect(graphIn(after).node.map(({ opType }) => opType)).toEqual(['Conv'])
  expect(await difference(bytes, after, { x })).toBeLessThan(1e-5)
})

describe('functions that call functions', () => {
  const outer = functionOf('Outer', {
    inputs: ['a', ...formal],
    outputs: ['sum', 'between'],
    domains: ['test'],
    nodes: [
      call('Block', ['a', ...formal], ['between'], { padding }),
      call('Twice', ['between'], ['t']),
      node('Add', ['t', 'a'], ['sum']),
    ],
  })
  const bytes = model({
    ...io,
    nodes: [
      call('Outer', ['x', ...actual('p')], ['y', ''], {}, 'o'),
      call('Outer', ['x', ...actual('q')], ['', 'z'], {}, 'o2'),
    ],
    outputs: { y: shape, z: shape },
    initializers: [...parameters('p'), ...parameters('q')],
    functions: [block, twice, outer],
  })

  test('are layers all the way down, with names of their own', async () => {
    expect(await unchanged(bytes)).toBe(true)
    const { after } = await fused(bytes)
    const values = graphIn(after).node.flatMap(({ output }) => output)
    expect(new Set(values).size).toBe(values.length)
    expect(functionsIn(after)).toEqual([])
    expect(await difference(bytes, after, { x })).toBeLessThan(1e-5)
  })

  test('one that leads back to itself stays a call', async () => {
    const ping = functionOf('Ping', {
      inputs: ['a'],
      outputs: ['b'],
      domains: ['test'],
      nodes: [call('Pong', ['a'], ['b'])],
    })
    const pong = functionOf('Pong', {
      inputs: ['a'],
      outputs: ['b'],
      domains: ['test'],
      nodes: [call('Ping', ['a'], ['b'])],
    })
    const bytes = model({ ...io, nodes: [call('Pong', ['x'], ['y'])], functions: [ping, pong] })
    const { notes } = await importOnnx(bytes)
    expect([...(await importOnnx(bytes)).root.children.values()].map(({ kind }) => kind)).toEqual(['onnx.Op'])
    expect(notes.length).toBeLessThanOrEqual(1)
    expect(await unchanged(bytes)).toBe(true)
    const itself = functionOf('Self', {
      inputs: ['a'],
      outputs: ['b'],
      domains: ['test'],
      nodes: [call('Self', ['a'], ['b'])],
    })
    expect(await reasonOf([itself], call('Self', ['x'], ['y']))).toBe('its function calls itself')
  })

  const chain = (length: number, calls: number): FunctionProto[] =>
    Array.from({ length }, (_, i) =>
      functionOf(`F${i}`, {
        inputs: ['v0'],
        outputs: [`v${calls}`],
        domains: ['test'],
        nodes: Array.from({ length: calls }, (_, j) =>
          i + 1 === length
            ? node('Relu', [`v${j}`], [`v${j + 1}`])
            : call(`F${i + 1}`, [`v${j}`], [`v${j + 1}`]),
        ),
      }),
    )

  test('a chain of 20,000 is read', async () => {
    const bytes = model({ ...io, nodes: [call('F0', ['x'], ['y'])], functions: chain(20_000, 1) })
    expect(await unchanged(bytes)).toBe(true)
    expect([...(await importOnnx(bytes)).root.children.values()].map(({ kind }) => kind)).toEqual(['nn.ReLU'])
  })

  test('what would be 2^40 nodes stays a call', async () => {
    const functions = chain(40, 2)
    const bytes = model({ ...io, nodes: [call('F0', ['x'], ['y'])], functions })
    expect((await importOnnx(bytes)).notes[0]?.reason).toBe('its function, with those it calls, is too large')
    expect(await unchanged(bytes)).toBe(true)
  })
})
