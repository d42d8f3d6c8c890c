import { print } from '@nnfuse/ir'
import { explain } from 'nnfuse'
import type { GraphProto } from 'onnx-buf'
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
import { graph, type ModelParts, model, node, tensor } from '../test/onnx-builder.js'
import { importOnnx, onnxCounts, serializeOnnx } from './index.js'

const io: ModelParts = {
  inputs: { x: shape, condition: { dtype: 'bool', shape: [] } },
  outputs: { y: shape },
}

const choice = (then: GraphProto, otherwise: GraphProto, name = 'choice') =>
  node('If', ['condition'], ['y'], { then_branch: then, else_branch: otherwise }, { name })

const relu = graph({ nodes: [node('Relu', ['x'], ['r'])], outputs: { r: shape } })

const branch = (name: string, initializers = parameters(name)): GraphProto =>
  graph({ nodes: convBn(name, 'x', `${name}_y`), initializers, outputs: { [`${name}_y`]: shape } })

const loop = (body: GraphProto) => node('Loop', ['times', '', 'x'], ['y'], { body }, { name: 'loop' })

const times = tensor('times', [], [3], 'int64')

const loopInputs = {
  i: { dtype: 'int64', shape: [] },
  go: { dtype: 'bool', shape: [] },
  state: shape,
} as const

const unchanged = async (bytes: Uint8Array): Promise<boolean> =>
  Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes) === 0

const agrees = async (before: Uint8Array, after: Uint8Array): Promise<void> => {
  for (const value of [true, false])
    expect(await difference(before, after, { x, condition: condition(value) })).toBeLessThan(1e-5)
}

describe('a branch of If', () => {
  const bytes = model({ ...io, nodes: [choice(branch('a'), relu)] })

  test('is a graph of layers below its node', async () => {
    expect(print((await importOnnx(bytes)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, condition) -> (y)
        choice: onnx.Op(If) : y <- condition, x
          then_branch: nn.GraphModule (x) -> (a_y)
            a.conv: nn.Conv2d(2 -> 2, 3x3, padding 1, no bias) : a_y_conv <- x
            a.bn: nn.BatchNorm2d(2) : a_y <- a_y_conv
          else_branch: nn.GraphModule (x) -> (r)
            Relu_0: nn.ReLU : r <- x"
    `)
    expect(await unchanged(bytes)).toBe(true)
  })

  test('is fused; what is folded is an initializer of the branch, and the other branch keeps its bytes', async () => {
    const { after, report } = await fused(bytes)
    expect(report.applied).toMatchObject([{ rule: 'conv2d-bn', path: 'choice.then_branch.a.conv' }])
    const then = bodyOf(graphIn(after), 'then_branch')
    expect(nodesIn(then)).toEqual(['a_y = Conv(x,a.conv.weight,a.conv.bias)'])
    expect(initializersIn(then)).toEqual(['a.conv.weight', 'a.conv.bias'])
    expect(bodyOf(graphIn(after), 'else_branch')).toEqual(bodyOf(graphIn(bytes), 'else_branch'))
    await agrees(bytes, after)
  })

  test('is the same bytes when it is fused again', async () => {
    const { after } = await fused(bytes)
    expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
  })

  test('is counted with the file', async () => {
    const { model } = await fused(bytes)
    expect(onnxCounts(await importOnnx(bytes))).toMatchObject({ nodes: 4, initializers: 5, parameters: 44 })
    expect(onnxCounts(model)).toMatchObject({ nodes: 3, initializers: 2, parameters: 38 })
  })

  test('explains its layers by their paths', async () => {
    const imported = await importOnnx(bytes)
    expect(explain(imported, 'choice.then_branch.a.bn').outcome).toBe('fused')
  })
})

describe('weights from outside', () => {
  test('are removed where only the branch used them', async () => {
    const bytes = model({ ...io, nodes: [choice(branch('a', []), relu)], initializers: parameters('a') })
    const { after } = await fused(bytes)
    expect(initializersIn(graphIn(after))).toEqual([])
    expect(initializersIn(bodyOf(graphIn(after), 'then_branch'))).toEqual(['a.conv.weight_1', 'a.conv.bias'])
    await agrees(bytes, after)
  })

  test('may be Constant nodes of the graph around', async () => {
    const constants = parameters('a').map((value) => node('Constant', [], [value.name], { value }))
    const bytes = model({ ...io, nodes: [...constants, choice(branch('a', []), relu)] })
    const { after } = await fused(bytes)
    expect(graphIn(after).node.map(({ opType }) => opType)).toEqual(['If'])
    await agrees(bytes, after)
  })

  test('stay where another branch uses them', async () => {
    const other = graph({
      nodes: [node('Conv', ['x', 'a.conv.weight'], ['o'], { pads: [1, 1, 1, 1] })],
      outputs: { o: shape },
    })
    const bytes = model({ ...io, nodes: [choice(branch('a', []), other)], initializers: parameters('a') })
    const { after } = await fused(bytes)
    expect(initializersIn(graphIn(after))).toEqual(['a.conv.weight'])
    await agrees(bytes, after)
  })

  test('that a folded layer of the graph around had are new there, and the old ones stay for the branch', async () => {
    const other = graph({
      nodes: [node('Conv', ['h', 'a.conv.weight'], ['o'], { pads: [1, 1, 1, 1] })],
      outputs: { o: shape },
    })
    const same = graph({ nodes: [node('Identity', ['h'], ['p'])], outputs: { p: shape } })
    const bytes = model({
      ...io,
      nodes: [...convBn('a', 'x', 'h'), choice(other, same)],
      initializers: parameters('a'),
    })
    const { after } = await fused(bytes)
    expect(initializersIn(graphIn(after))).toEqual(['a.conv.weight', 'a.conv.weight_1', 'a.conv.bias'])
    await agrees(bytes, after)
  })
})

describe('Loop and Scan', () => {
  const body = graph({
    nodes: [
      ...convBn('a', 'state', 'next'),
      node('Identity', ['go'], ['go_on']),
      node('Add', ['next', 'x'], ['sum']),
    ],
    inputs: loopInputs,
    outputs: { go_on: { dtype: 'bool', shape: [] }, sum: shape },
    initializers: parameters('a').slice(1),
  })
  const parts: ModelParts = { inputs: { x: shape }, outputs: { y: shape } }

  test('a Loop whose weights are partly its own', async () => {
    const [weight] = parameters('a')
    const bytes = model({ ...parts, nodes: [loop(body)], initializers: [times, weight as typeof times] })
    const { after } = await fused(bytes)
    expect(nodesIn(bodyOf(graphIn(after), 'body'))).toEqual([
      'next = Conv(state,a.conv.weight_1,a.conv.bias)',
      'go_on = Identity(go)',
      'sum = Add(next,x)',
    ])
    expect(initializersIn(graphIn(after))).toEqual(['times'])
    expect(await unchanged(bytes)).toBe(true)
    expect(await difference(bytes, after, { x })).toBeLessThan(1e-4)
  })

  test('Scan', async () => {
    const scanned = graph({
      nodes: [...convBn('a', 'row', 'z'), node('Add', ['state', 'z'], ['sum']), node('Neg', ['z'], ['out'])],
      inputs: { state: shape, row: shape },
      outputs: { sum: shape, out: shape },
    })
    const bytes = model({
      inputs: { x: shape, rows: [2, ...shape] },
      outputs: { y: shape, ys: [2, ...shape] },
      nodes: [node('Scan', ['x', 'rows'], ['y', 'ys'], { body: scanned, num_scan_inputs: 1 })],
      initializers: parameters('a'),
    })
    const { after, report } = await fused(bytes)
    expect(report.applied.map(({ path }) => path)).toEqual(['Scan_0.body.a.conv'])
    const rows = { dims: [2, ...shape], values: Array.from({ length: 36 }, (_, i) => Math.cos(i)) }
    expect(await difference(bytes, after, { x, rows })).toBeLessThan(1e-5)
  })
})

describe('graphs inside graphs inside nodes', () => {
  const inner = (used: string) =>
    node(
      'If',
      ['go'],
      ['chosen'],
      {
        then_branch: graph({ nodes: convBn('b', used, 't'), outputs: { t: shape } }),
        else_branch: graph({ nodes: [node('Relu', [used], ['e'])], outputs: { e: shape } }),
      },
      { name: 'inner' },
    )
  const nested = (used: string) =>
    model({
      inputs: { x: shape },
      outputs: { y: shape },
      nodes: [
        loop(
          graph({
            nodes: [...convBn('a', 'state', 'z'), inner(used), node('Identity', ['go'], ['go_on'])],
            inputs: loopInputs,
            outputs: { go_on: { dtype: 'bool', shape: [] }, chosen: shape },
            initializers: [...parameters('a'), ...parameters('b').slice(2)],
          }),
        ),
      ],
      initializers: [times, ...parameters('b').slice(0, 2)],
    })

  test('are fused at every depth', async () => {
    const bytes = nested('z')
    const { after, report } = await fused(bytes)
    expect(new Set(report.applied.map(({ path }) => path))).toEqual(
      new Set(['loop.body.a.conv', 'loop.body.inner.then_branch.b.conv']),
    )
    expect(initializersIn(graphIn(after))).toEqual(['times'])
    expect(initializersIn(bodyOf(graphIn(after), 'body'))).toEqual(['a.conv.weight', 'a.conv.bias'])
    expect(await unchanged(bytes)).toBe(true)
    expect(await difference(bytes, after, { x })).toBeLessThan(1e-4)
  })

  test('what a deeper graph captures is used', async () => {
    const { after, report } = await fused(nested('z_conv'))
    expect(report.left).toMatchObject([
      {
        path: 'loop.body.a.bn',
        reasons: expect.arrayContaining(['the output of a.conv is also used by inner']),
      },
    ])
    expect(await difference(nested('z_conv'), after, { x })).toBeLessThan(1e-4)
  })
})

describe('names', () => {
  /** Every name that a graph defines, and that it finds defined by the graphs around it. */
  const shadowed = (at: GraphProto, outer: ReadonlySet<string>): string[] => {
    const own = [
      ...at.input.map(({ name }) => name),
      ...at.initializer.map(({ name }) => name),
      ...at.node.flatMap(({ output }) => output),
    ]
    const visible = new Set([...outer, ...own])
    const inner = at.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [g] : [])))
    return [...own.filter((name) => outer.has(name)), ...inner.flatMap((body) => shadowed(body, visible))]
  }

  test('that folding makes are in no graph around and in no graph inside', async () => {
    const deep = graph({
      nodes: [node('Neg', ['h'], ['a.conv.bias_1'])],
      outputs: { 'a.conv.bias_1': shape },
    })
    const then = graph({
      nodes: [
        ...convBn('a', 'x', 'h'),
        node('If', ['condition'], ['t'], { then_branch: deep, else_branch: deep }),
      ],
      outputs: { t: shape },
      initializers: parameters('a'),
    })
    const bytes = model({
      ...io,
      nodes: [node('Neg', ['x'], ['a.conv.bias']), choice(then, relu)],
    })
    const { after } = await fused(bytes)
    expect(initializersIn(bodyOf(graphIn(after), 'then_branch'))).toEqual(['a.conv.weight', 'a.conv.bias_2'])
    expect(shadowed(graphIn(after), new Set())).toEqual([])
    await agrees(bytes, after)
  })

  test('of new values outside are in no graph inside', async () => {
    const then = graph({
      nodes: [node('Neg', ['h'], ['a.conv.bias'])],
      outputs: { 'a.conv.bias': shape },
    })
    const bytes = model({
      ...io,
      nodes: [
        ...convBn('a', 'x', 'h'),
        choice(then, graph({ nodes: [node('Abs', ['h'], ['n'])], outputs: { n: shape } })),
      ],
      initializers: parameters('a'),
    })
    const { after } = await fused(bytes)
    expect(shadowed(graphIn(after), new Set())).toEqual([])
    await agrees(bytes, after)
  })
})

test('a file that uses a name of the graph around again, which ONNX forbids, is written as it is', async () => {
  const again = graph({ nodes: [node('Neg', ['x'], ['h'])], outputs: { h: shape } })
  const bytes = model({
    ...io,
    nodes: [node('Abs', ['x'], ['h']), node('Neg', ['h'], ['k']), choice(again, relu)],
  })
  expect(await unchanged(bytes)).toBe(true)
})

test('graphs in attributes of operators that are not ONNX stay as they are', async () => {
  const bytes = model({
    ...io,
    nodes: [node('Search', ['x'], ['y'], { decoder: branch('a') }, { domain: 'com.acme' })],
    domains: ['com.acme'],
  })
  const { after, report } = await fused(bytes)
  expect(report.applied).toEqual([])
  expect(Buffer.compare(after, bytes)).toBe(0)
})

test('a note on a layer inside says where it is', async () => {
  const training = graph({
    nodes: [node('BatchNormalization', ['x', 's', 's', 's', 's'], ['z', 'm', 'v'], { training_mode: 1 })],
    outputs: { z: shape },
    initializers: [tensor('s', [2], [1, 2])],
  })
  const { notes } = await importOnnx(model({ ...io, nodes: [choice(training, relu)] }))
  expect(notes).toMatchObject([
    { path: 'choice.then_branch.BatchNormalization_0', what: 'BatchNormalization' },
  ])
})

test('an operator with a changed graph keeps everything else, also when its inputs are called otherwise', async () => {
  const bytes = model({
    ...io,
    nodes: [
      node('Identity', ['condition'], ['same']),
      node('If', ['same'], ['y'], { then_branch: branch('a'), else_branch: relu }, { name: 'choice' }),
    ],
  })
  const { after } = await fused(bytes)
  expect(nodesIn(graphIn(after))).toEqual(['y = If(condition)'])
  expect(graphIn(after).node[0]?.name).toBe('choice')
  await agrees(bytes, after)
})
