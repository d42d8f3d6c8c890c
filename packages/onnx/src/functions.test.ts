import { flatten, GraphModule, print, Tanh } from '@nnfuse/ir'
import { AttributeProto_AttributeType as AttributeType, type FunctionProto, type NodeProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import {
  bodyOf,
  condition,
  convBn,
  difference,
  fused,
  graphIn,
  initializersIn,
  nodesIn,
  parameters,
  parse,
  shape,
  x,
} from '../test/conv-bn.js'
import { functionOf, graph, type ModelParts, model, node, withReferences } from '../test/onnx-builder.js'
import { importOnnx, serializeOnnx } from './index.js'

const formal = ['w', 'scale', 'shift', 'mean', 'variance']

const actual = (name: string): string[] => parameters(name).map((tensor) => tensor.name)

/** Conv and batch-norm over what they are passed; padding and epsilon are the function's attributes. */
const block = functionOf('Block', {
  inputs: ['a', ...formal],
  outputs: ['b'],
  attributes: ['padding'],
  defaults: { epsilon: { float: 1e-3 } },
  nodes: [
    withReferences(node('Conv', ['a', 'w'], ['c']), { pads: 'padding' }, AttributeType.INTS),
    withReferences(
      node('BatchNormalization', ['c', ...formal.slice(1)], ['b']),
      { epsilon: 'epsilon' },
      AttributeType.FLOAT,
    ),
  ],
})

/** Nothing that could be fused. */
const twice = functionOf('Twice', {
  inputs: ['a'],
  outputs: ['b'],
  nodes: [node('Relu', ['a'], ['r']), node('Add', ['r', 'r'], ['b'])],
})

const padding = [1, 1, 1, 1]

const call = (
  type: string,
  input: string[],
  output: string[],
  attributes: Parameters<typeof node>[3] = {},
  name = '',
): NodeProto => node(type, input, output, attributes, { domain: 'test', name })

const io: ModelParts = { inputs: { x: shape }, outputs: { y: shape }, domains: ['test'] }

const functionsIn = (bytes: Uint8Array): string[] => parse(bytes).functions.map(({ name }) => name)

const unchanged = async (bytes: Uint8Array): Promise<boolean> =>
  Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes) === 0

const reasonOf = async (
  functions: readonly FunctionProto[],
  given: NodeProto,
): Promise<string | undefined> => {
  const bytes = model({ ...io, nodes: [given], initializers: parameters('p'), functions })
  expect(Buffer.compare((await fused(bytes)).after, bytes)).toBe(0)
  return (await importOnnx(bytes)).notes[0]?.reason
}

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

describe('what a call gives and takes', () => {
  test('an optional input that is missing is missing inside', async () => {
    const biased = functionOf('Biased', {
      inputs: ['a', 'w', 'bias', ...formal.slice(1)],
      outputs: ['b'],
      nodes: [
        node('Conv', ['a', 'w', 'bias'], ['c'], { pads: padding }),
        node('BatchNormalization', ['c', ...formal.slice(1)], ['b']),
      ],
    })
    const [weight = '', ...norm] = actual('p')
    const parts = { ...io, initializers: parameters('p'), functions: [biased] }
    const bytes = model({ ...parts, nodes: [call('Biased', ['x', weight, '', ...norm], ['y'])] })
    const plain = model({ ...io, initializers: parameters('p'), nodes: convBn('p', 'x', 'y') })
    const { after } = await fused(bytes)
    expect(nodesIn(graphIn(after))).toEqual(['y = Conv(x,p.conv.weight,p.conv.bias)'])
    expect(await difference(plain, after, { x })).toBeLessThan(1e-5)
  })

  test('an output that is an input is a copy of it', async () => {
    const through = functionOf('Through', {
      inputs: ['a', 'unused'],
      outputs: ['a', 'n'],
      nodes: [node('Neg', ['a'], ['n'])],
    })
    const parts = { ...io, outputs: { y: shape, n: shape }, functions: [through] }
    const bytes = model({ ...parts, nodes: [call('Through', ['x', 'x'], ['y', 'n'], {}, 't')] })
    expect(print((await importOnnx(bytes)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (y, n)
        t.Neg_0: onnx.Op(Neg) : n <- x
        t.Identity_0: nn.Identity : y <- x"
    `)
    expect(await unchanged(bytes)).toBe(true)
  })

  test('a constant that a function gives is not taken for one', async () => {
    const one = functionOf('One', {
      inputs: [],
      outputs: ['o'],
      nodes: [node('Constant', [], ['o'], { value_float: { float: 1 } })],
    })
    const bytes = model({
      ...io,
      nodes: [call('One', [], ['o']), node('Add', ['x', 'o'], ['y'])],
      functions: [one],
    })
    expect(await unchanged(bytes)).toBe(true)
    expect(Buffer.compare((await fused(bytes)).after, bytes)).toBe(0)
  })

  test('constants inside go and come with the call', async () => {
    const shifted = functionOf('Shifted', {
      inputs: ['a'],
      outputs: ['o'],
      nodes: [
        node('Constant', [], ['k'], { value_float: { float: 1 } }),
        node('Constant', [], ['idle'], { value_float: { float: 2 } }),
        node('Add', ['a', 'k'], ['o']),
      ],
    })
    const bytes = model({ ...io, nodes: [call('Shifted', ['x'], ['y'])], functions: [shifted] })
    expect(await unchanged(bytes)).toBe(true)
    expect(Buffer.compare((await fused(bytes)).after, bytes)).toBe(0)
  })
})

describe('graphs and functions in each other', () => {
  const relu = graph({ nodes: [call('Twice', ['x'], ['t'])], outputs: { t: shape } })
  const withCondition: ModelParts = {
    ...io,
    inputs: { x: shape, condition: { dtype: 'bool', shape: [] } },
    functions: [block, twice],
  }
  const agrees = async (before: Uint8Array, after: Uint8Array): Promise<void> => {
    for (const value of [true, false])
      expect(await difference(before, after, { x, condition: condition(value) })).toBeLessThan(1e-5)
  }

  test('a call in a branch', async () => {
    const then = graph({
      nodes: [call('Block', ['x', ...actual('p')], ['h'], { padding })],
      outputs: { h: shape },
      initializers: parameters('p'),
    })
    const bytes = model({
      ...withCondition,
      nodes: [node('If', ['condition'], ['y'], { then_branch: then, else_branch: relu })],
    })
    expect(await unchanged(bytes)).toBe(true)
    const { after } = await fused(bytes)
    expect(initializersIn(bodyOf(graphIn(after), 'then_branch'))).toEqual(['p.conv.weight', 'p.conv.bias'])
    expect(functionsIn(after)).toEqual(['Twice'])
    await agrees(bytes, after)
  })

  test('a branch in a function, which captures what the function is passed', async () => {
    const choose = functionOf('Choose', {
      inputs: ['a', 'which', ...formal],
      outputs: ['o'],
      domains: ['test'],
      nodes: [
        node('If', ['which'], ['o'], {
          then_branch: graph({
            nodes: [
              node('Conv', ['a', 'w'], ['c'], { pads: padding }),
              node('BatchNormalization', ['c', ...formal.slice(1)], ['t']),
            ],
            outputs: { t: shape },
          }),
          else_branch: graph({ nodes: [call('Twice', ['a'], ['e'])], outputs: { e: shape } }),
        }),
      ],
    })
    const bytes = model({
      ...withCondition,
      functions: [choose, twice],
      nodes: [call('Choose', ['x', 'condition', ...actual('p')], ['y'], {}, 'choose')],
      initializers: parameters('p'),
    })
    expect(await unchanged(bytes)).toBe(true)
    const { after, report } = await fused(bytes)
    expect(report.applied.map(({ path }) => path)).toEqual(['choose.If_0.then_branch.p.conv'])
    expect(functionsIn(after)).toEqual(['Twice'])
    expect(initializersIn(graphIn(after))).toEqual([])
    await agrees(bytes, after)
  })
})

describe('a call stays one', () => {
  test('where its function is written for operators that mean something else', async () => {
    const older = { ...block, opsetImport: [{ ...block.opsetImport[0], version: 13n }] } as FunctionProto
    expect(await reasonOf([older], call('Block', ['x', ...actual('p')], ['y'], { padding }))).toBe(
      'its function uses BatchNormalization of version 13 of ONNX, the file has version 17',
    )
  })

  test('but not where each operator means the same in both versions', async () => {
    const older = { ...block, opsetImport: [{ ...block.opsetImport[0], version: 15n }] } as FunctionProto
    const nodes = [call('Block', ['x', ...actual('p')], ['y'], { padding })]
    const bytes = model({ ...io, nodes, initializers: parameters('p'), functions: [older] })
    const { after } = await fused(bytes)
    expect(nodesIn(graphIn(after))).toEqual(['y = Conv(x,p.conv.weight,p.conv.bias)'])
    expect(await difference(bytes, after, { x })).toBeLessThan(1e-5)
  })

  test('where the file does not import the operators of its function', async () => {
    const acme = functionOf('Acme', {
      inputs: ['a'],
      outputs: ['b'],
      domains: ['com.acme'],
      nodes: [node('Acme', ['a'], ['b'], {}, { domain: 'com.acme' })],
    })
    expect(await reasonOf([acme], call('Acme', ['x'], ['y']))).toBe(
      'its function uses operators of "com.acme", and the file does not',
    )
  })

  test('where it does not fit its function', async () => {
    expect(await reasonOf([twice], call('Twice', ['x', 'x'], ['y']))).toBe('its function takes 1 inputs')
    expect(await reasonOf([twice], call('Twice', ['x'], ['y', 'z']))).toBe('its function has 1 outputs')
    expect(await reasonOf([twice, twice], call('Twice', ['x'], ['y']))).toBe('its function is defined twice')
  })

  test('where its function is not in order', async () => {
    const nodes = [...twice.node].reverse()
    expect(await reasonOf([{ ...twice, node: nodes }], call('Twice', ['x'], ['y']))).toBe(
      'its function uses values that nothing makes before',
    )
  })
})
