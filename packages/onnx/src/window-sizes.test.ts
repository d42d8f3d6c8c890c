import type { NodeProto } from 'onnx-buf'
import { expect, test } from 'vitest'
import { difference, fused, graphIn } from '../test/conv-bn.js'
import { model, node, ramp, tensor } from '../test/onnx-builder.js'

/*
 * Attention in windows makes several of each picture, attends, and puts them together again: its sizes are multiples of
 * the number of pictures, which the file computes.
 */

const ints = (name: string, ...values: number[]) => tensor(name, [values.length], values, 'int64')

const initializers = [
  tensor('0', [], [0], 'int64'),
  tensor('4', [], [4], 'int64'),
  ints('front', 0),
  ints('two', 2),
  ints('three', 3),
  ints('rest', -1),
  ints('apart', -1, 2, 3, 2, 3),
  ints('flat', -1, 9),
]

const sizes = (name: string, first: string, ...others: string[]): NodeProto[] => [
  node('Unsqueeze', [first, 'front'], [`${first} of ${name}`]),
  node('Concat', [`${first} of ${name}`, ...others], [name], { axis: 0 }),
]

const before = model({
  nodes: [
    node('Relu', ['x'], ['active']),
    node('Reshape', ['active', 'apart'], ['parts']),
    node('Transpose', ['parts'], ['by window'], { perm: [0, 1, 3, 2, 4] }),
    node('Reshape', ['by window', 'flat'], ['windows']),
    node('Shape', ['windows'], ['shape']),
    node('Gather', ['shape', '0'], ['count'], { axis: 0 }),
    ...sizes('square', 'count', 'rest', 'three'),
    node('Reshape', ['windows', 'square'], ['squares']),
    node('Softmax', ['squares'], ['attended'], { axis: -1 }),
    node('Div', ['count', '4'], ['pictures']),
    ...sizes('joined', 'pictures', 'two', 'two', 'three', 'three'),
    node('Reshape', ['attended', 'joined'], ['back']),
    node('Mul', ['pictures', '4'], ['again']),
    ...sizes('same', 'again', 'rest', 'three'),
    node('Reshape', ['attended', 'same'], ['unchanged']),
    node('Exp', ['unchanged'], ['z']),
    node('Transpose', ['back'], ['y'], { perm: [0, 1, 3, 2, 4] }),
  ],
  initializers,
  inputs: { x: ['n', 6, 6] },
  outputs: { y: { dtype: 'float32', shape: undefined }, z: { dtype: 'float32', shape: undefined } },
  opset: 17,
})

test('sizes that are multiples of the batch are known without running', async () => {
  const { after } = await fused(before)
  expect(graphIn(after).node.map(({ opType }) => opType)).toEqual([
    ...['Relu', 'Reshape', 'Transpose', 'Reshape', 'Softmax', 'Reshape', 'Exp', 'Transpose'],
  ])
  for (const pictures of [1, 3])
    expect(
      await difference(before, after, { x: { dims: [pictures, 6, 6], values: ramp(pictures * 36) } }),
    ).toBe(0)
  expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
})

test('they are known through any number of layers', async () => {
  const blocks = Array.from({ length: 60 }, (_, i): NodeProto[] => [
    node('Shape', [`v${i}`], [`shape ${i}`]),
    node('Gather', [`shape ${i}`, '1'], [`last ${i}`], { axis: 0 }),
    ...sizes(`sizes ${i}`, `last ${i}`, 'rest'),
    node('Exp', [`v${i}`], [`w${i}`]),
    node('Reshape', [`w${i}`, `sizes ${i}`], [`r${i}`]),
    node('Softmax', [`r${i}`], [`v${i + 1}`], { axis: -1 }),
  ])
  const given = model({
    nodes: [node('Relu', ['x'], ['active']), node('Reshape', ['active', 'flat'], ['v0']), ...blocks.flat()],
    initializers: [tensor('1', [], [1], 'int64'), ints('front', 0), ints('rest', -1), ints('flat', -1, 12)],
    inputs: { x: ['n', 24] },
    outputs: { v60: { dtype: 'float32', shape: undefined } },
    opset: 17,
  })
  const { after } = await fused(given)
  const ops = new Set(graphIn(after).node.map(({ opType }) => opType))
  expect([...ops]).toEqual(['Relu', 'Reshape', 'Exp', 'Softmax'])
  expect(await difference(given, after, { x: { dims: [3, 24], values: ramp(72) } })).toBe(0)
})

test.each([
  [9, ['Relu', 'Exp']],
  [8, ['Relu', 'Pad', 'Exp']],
])('padding to a multiple of %i is none where the size is one', async (size, ops) => {
  const given = model({
    nodes: [
      node('Relu', ['x'], ['active']),
      node('Shape', ['active'], ['shape']),
      node('Gather', ['shape', 'one'], ['width'], { axis: 0 }),
      node('Sub', ['width', 'size'], ['missing']),
      node('Concat', ['front', 'missing', 'front', 'front'], ['pads'], { axis: 0 }),
      node('Pad', ['active', 'pads'], ['padded'], { mode: 'reflect' }),
      node('Exp', ['padded'], ['y']),
    ],
    initializers: [ints('front', 0), ints('one', 1), ints('size', size)],
    inputs: { x: ['n', 9] },
    outputs: { y: { dtype: 'float32', shape: undefined } },
    opset: 17,
  })
  const { after } = await fused(given)
  expect(graphIn(after).node.map(({ opType }) => opType)).toEqual(ops)
  expect(await difference(given, after, { x: { dims: [2, 9], values: ramp(18) } })).toBe(0)
})

test('what a product is written as is no symbol of a file', async () => {
  const shapes = [
    node('Shape', ['flat a'], ['p']),
    node('Shape', ['b'], ['q']),
    node('Add', ['p', 'q'], ['y']),
  ]
  const named = model({
    nodes: [node('Reshape', ['a', 'rest'], ['flat a']), ...shapes],
    initializers: initializers.filter(({ name }) => name === 'rest'),
    inputs: { a: ['n', 2], b: ['name'] },
    outputs: { y: { dtype: 'int64', shape: [1] } },
  })
  const given = Buffer.from(named)
  given.write('2·n', given.indexOf('name'))
  const { after } = await fused(given)
  expect(graphIn(given).input[1]?.type?.value.value).toMatchObject({
    shape: { dim: [{ value: { case: 'dimParam', value: '2·n' } }] },
  })
  expect(graphIn(after).node.filter(({ opType }) => opType === 'Shape')).toHaveLength(2)
  const feeds = { a: { dims: [3, 2], values: ramp(6) }, b: { dims: [5], values: ramp(5) } }
  expect(await difference(given, after, feeds)).toBe(0)
})
