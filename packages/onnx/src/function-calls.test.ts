import { print } from '@nnfuse/ir'
import type { FunctionProto } from 'onnx-buf'
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
  shape,
  x,
} from '../test/conv-bn.js'
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
import { functionOf, graph, type ModelParts, model, node } from '../test/onnx-builder.js'
import { importOnnx } from './index.js'

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
