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
    ...sizes('same', 'again', 'three', 'three'),
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

test('what a product is written as is no symbol of a file', async () => {
  const shapes = [
    node('Shape', ['flat a'], ['p']),
    node('Shape', ['b'], ['q']),
    node('Add', ['p', 'q'], ['y']),
  ]
  const given = model({
    nodes: [node('Reshape', ['a', 'rest'], ['flat a']), ...shapes],
    initializers: initializers.filter(({ name }) => name === 'rest'),
    inputs: { a: ['n', 2], b: ['2·n'] },
    outputs: { y: { dtype: 'int64', shape: [1] } },
  })
  const { after } = await fused(given)
  expect(graphIn(after).node.filter(({ opType }) => opType === 'Shape')).toHaveLength(2)
  const feeds = { a: { dims: [3, 2], values: ramp(6) }, b: { dims: [5], values: ramp(5) } }
  expect(await difference(given, after, feeds)).toBe(0)
})
