import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { difference, graphIn, nodesIn, parameters } from '../test/conv-bn.js'
import { type ModelParts, model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { documentOf, importOnnx, serializeOnnx } from './index.js'

/*
 * Networks without normalization of values standardize their weights instead (Qiao et al., "Weight Standardization"), as
 * a batch-norm in training mode or as the arithmetic that it is. No standard says in which order a mean adds.
 */

const names = ['weight', 'bias', 'running_mean', 'running_var'].map((key) => `b.bn.${key}`)

const behind = [
  node('Conv', ['x', 'standardized'], ['c'], { pads: [1, 1, 1, 1] }, { name: 'conv' }),
  node('BatchNormalization', ['c', ...names], ['y'], {}, { name: 'bn' }),
]

const asBatchNorm = [
  node('Reshape', ['raw', 'rows'], ['r']),
  node('BatchNormalization', ['r', 'gain', 'zero', 'm', 'v'], ['s', 'mean', 'var'], {
    training_mode: 1,
  }),
  node('Shape', ['raw'], ['shape']),
  node('Reshape', ['s', 'shape'], ['standardized']),
]

const asArithmetic = [
  node('ReduceMean', ['raw'], ['mean'], { axes: [1, 2, 3] }),
  node('Sub', ['raw', 'mean'], ['centered']),
  node('Mul', ['centered', 'centered'], ['squares']),
  node('ReduceMean', ['squares'], ['var'], { axes: [1, 2, 3] }),
  node('Add', ['var', 'epsilon'], ['above']),
  node('Sqrt', ['above'], ['deviation']),
  node('Div', ['centered', 'deviation'], ['standardized']),
]

const fileOf = (nodes: ModelParts['nodes'] & object, channels = 2): Uint8Array =>
  model({
    nodes: [...nodes, ...behind],
    initializers: [
      weights('raw', 2, channels, 3, 3),
      tensor('rows', [3], [1, 2, -1], 'int64'),
      tensor('gain', [2], [1.5, -0.5]),
      ...['zero', 'm', 'v'].map((name) => tensor(name, [2], [0, 0])), // ONNX Runtime writes into two of them
      tensor('epsilon', [], [1e-5]),
      ...parameters('b').filter(({ name }) => name.startsWith('b.bn')),
    ],
    inputs: { x: [1, channels, 3, 3] },
    outputs: { y: [1, 2, 3, 3] },
  })

const fusedAs = async (bytes: Uint8Array, exact: 'bits' | 'real') => {
  const { model: result, report } = fuse(await importOnnx(bytes), { exact })
  return { after: await serializeOnnx(result), report }
}

const forms: [string, ModelParts['nodes'] & object][] = [
  ['a batch-norm in training mode', asBatchNorm],
  ['arithmetic', asArithmetic],
]

describe.each(forms)('weights that are standardized by %s', (_, nodes) => {
  test('are computed ahead, and take up what is behind', async () => {
    const before = fileOf(nodes)
    const { after, report } = await fusedAs(before, 'real')
    expect(nodesIn(graphIn(after))).toEqual(['y = Conv(x,conv.weight,conv.bias)'])
    expect(report.applied.map(({ rule, exactness }) => [rule, exactness])).toEqual([['conv2d-bn', 'real']])
    const feeds = { x: { dims: [1, 2, 3, 3], values: ramp(18) } }
    expect(await difference(before, after, feeds)).toBeLessThan(1e-6)
    expect(Buffer.compare((await fusedAs(after, 'real')).after, after)).toBe(0)
  })

  test('stay computed where bits count, and nothing is folded into them', async () => {
    const { after, report } = await fusedAs(fileOf(nodes), 'bits')
    const ops = graphIn(after).node.map(({ opType }) => opType)
    expect(ops.slice(-2)).toEqual(['Conv', 'BatchNormalization'])
    expect(ops.length).toBeGreaterThan(3)
    expect(report.applied).toEqual([])
    expect(report.left).toMatchObject([
      { reasons: expect.arrayContaining([expect.stringContaining('a runtime may round that otherwise')]) },
    ])
    expect(Buffer.compare((await fusedAs(after, 'bits')).after, after)).toBe(0)
  })

  test('of any size are computed when they are written, and take no more room', async () => {
    const before = fileOf(nodes, 300)
    const imported = await importOnnx(before)
    expect(documentOf(imported)?.tensors.get('standardized')).toMatchObject({
      approximate: true,
      storage: { type: 'deferred' },
    })
    const { after } = await fusedAs(before, 'real')
    expect(graphIn(after).node.map(({ opType }) => opType)).toEqual(['Conv'])
    expect(after.length).toBeLessThan(before.length)
    const feeds = { x: { dims: [1, 300, 3, 3], values: ramp(2700) } }
    expect(await difference(before, after, feeds)).toBeLessThan(1e-5)
  })
})

test('a layer whose weights are only computed ahead is in the report with its exactness', async () => {
  const nodes = [
    ...asArithmetic,
    node('Conv', ['x', 'standardized'], ['y'], { pads: [1, 1, 1, 1] }, { name: 'conv' }),
  ]
  const before = model({
    nodes,
    initializers: [weights('raw', 2, 2, 3, 3), tensor('epsilon', [], [1e-5])],
    inputs: { x: [1, 2, 3, 3] },
    outputs: { y: [1, 2, 3, 3] },
  })
  const { after, report } = await fusedAs(before, 'real')
  expect(nodesIn(graphIn(after))).toEqual(['y = Conv(x,standardized)'])
  expect(report.applied).toEqual([
    { rule: 'evaluate-constants', paths: ['conv'], path: 'conv', into: 'nn.Conv2d', exactness: 'real' },
  ])
})

test('what is approximate is neither rounded to integers nor compared', async () => {
  const bytes = model({
    nodes: [
      node('ReduceSum', ['w'], ['sum'], { keepdims: 0 }),
      node('Floor', ['sum'], ['floor']),
      node('Cast', ['sum'], ['whole'], { to: 7 }),
      node('Unsqueeze', ['whole', 'front'], ['size']),
      node('Expand', ['x', 'size'], ['e']),
      node('Add', ['e', 'floor'], ['y']),
    ],
    initializers: [tensor('w', [3], [0.1, 0.2, 2.7]), tensor('front', [1], [0], 'int64')],
    inputs: { x: [1] },
    outputs: { y: ['n'] },
  })
  const { islands } = documentOf(await importOnnx(bytes)) as NonNullable<ReturnType<typeof documentOf>>
  expect([...islands.keys()]).toEqual(['sum'])
})

test('results of a batch-norm in training mode that are used keep it', async () => {
  const nodes = [...asBatchNorm, ...behind, node('Add', ['y', 'mean'], ['z'])]
  const bytes = model({
    nodes,
    initializers: [
      weights('raw', 2, 2, 3, 3),
      tensor('rows', [3], [1, 2, -1], 'int64'),
      tensor('gain', [2], [1.5, -0.5]),
      ...['zero', 'm', 'v'].map((name) => tensor(name, [2], [0, 0])), // ONNX Runtime writes into two of them
      ...parameters('b').filter(({ name }) => name.startsWith('b.bn')),
    ],
    inputs: { x: [1, 2, 3, 3] },
    outputs: { z: [1, 2, 3, 2] },
  })
  const ops = graphIn((await fusedAs(bytes, 'real')).after).node.map(({ opType }) => opType)
  expect(ops).toContain('BatchNormalization')
})

test('a few bytes do not ask for hours: after so much work nodes are left as they are', async () => {
  const count = 200
  const sums = Array.from({ length: count }, (_, i) => node('ReduceSum', ['big'], [`s${i}`], { keepdims: 0 }))
  const uses = Array.from({ length: count }, (_, i) =>
    node('Add', [i ? `a${i - 1}` : 'x', `s${i}`], [`a${i}`]),
  )
  const bytes = model({
    nodes: [node('Expand', ['one', 'size'], ['big']), ...sums, ...uses],
    initializers: [tensor('one', [], [1]), tensor('size', [1], [2 ** 22], 'int64')],
    inputs: { x: [1] },
    outputs: { [`a${count - 1}`]: [1] },
  })
  const document = documentOf(await importOnnx(bytes))
  expect(document?.islands.size).toBeGreaterThan(20)
  expect(document?.islands.size).toBeLessThan(100)
})
