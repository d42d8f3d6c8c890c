import type { ValueType } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { difference, fused, graphIn } from '../test/conv-bn.js'
import { type ModelParts, model, node, ramp, tensor } from '../test/onnx-builder.js'

/*
 * A slice of all rows that is assigned, `x[:] = rows`, is exported as ScatterND at places that a Range over the number
 * of rows gives.
 */

const ints = (name: string, ...values: number[]) => tensor(name, [values.length], values, 'int64')

const initializers = [
  ...[0, 1, 2].map((value) => tensor(`${value}`, [], [value], 'int64')),
  ints('behind', -1),
  ints('front', 0),
  ints('all', 2 ** 62),
  ints('every', 1),
  tensor('rows in order', [3, 1], [0, 1, 2], 'int64'),
  tensor('rows turned', [3, 1], [2, 1, 0], 'int64'),
  ints('in order', 0, 1, 2),
  ints('fewer', 0, 1),
]

const counted = [
  node('Shape', ['x'], ['shape']),
  node('Gather', ['shape', '0'], ['count']),
  node('Range', ['0', 'count', '1'], ['range']),
  node('Slice', ['range', 'front', 'all', 'front', 'every'], ['sliced']),
  node('Unsqueeze', ['sliced', 'behind'], ['places']),
]

const written = (places: string, attributes = {}) => [
  node('Neg', ['x'], ['base']),
  node('Exp', ['z'], ['rows']),
  node('ScatterND', ['base', places, 'rows'], ['w'], attributes),
  node('Relu', ['w'], ['y']),
]

const n: ValueType['shape'] = ['n', 4]

const fileOf = (nodes: ModelParts['nodes'] & object, rows: ValueType['shape'] = n): Uint8Array =>
  model({
    nodes,
    initializers,
    inputs: { x: { dtype: 'float32', shape: rows }, z: { dtype: 'float32', shape: rows } },
    outputs: { y: { dtype: 'float32', shape: undefined } },
    opset: 18,
  })

const feeds = { x: { dims: [3, 4], values: ramp(12) }, z: { dims: [3, 4], values: ramp(12).reverse() } }

const opsAfter = async (before: Uint8Array): Promise<string[]> => {
  const { after } = await fused(before)
  expect(await difference(before, after, feeds)).toBe(0)
  expect(Buffer.compare((await fused(after)).after, after)).toBe(0)
  return graphIn(after).node.map(({ opType }) => opType)
}

describe('all rows written over', () => {
  test.each<[string, Uint8Array]>([
    ['at places that are counted', fileOf([...counted, ...written('places')])],
    ['at places that are listed', fileOf(written('rows in order'), [3, 4])],
    ['whatever attribute says so', fileOf(written('rows in order', { reduction: 'none' }), [3, 4])],
  ])('%s are the rows', async (_, before) => {
    expect(await opsAfter(before)).toEqual(['Exp', 'Relu'])
  })

  const fromOne = counted.map((one) =>
    one.opType === 'Range' ? node('Range', ['1', 'count', '1'], ['range']) : one,
  )
  const last = [...fromOne, node('Slice', ['rows', 'every', 'all', 'front'], ['fewer rows'])]

  test.each<[string, Uint8Array]>([
    ['where they are added', fileOf([...counted, ...written('places', { reduction: 'add' })])],
    ['in another order', fileOf(written('rows turned'), [3, 4])],
    ['where how many there are is not known', fileOf(written('rows in order'), [null, 4])],
    [
      'but the first',
      fileOf([
        node('Exp', ['z'], ['rows']),
        ...last,
        node('Neg', ['x'], ['base']),
        node('ScatterND', ['base', 'places', 'fewer rows'], ['w']),
        node('Relu', ['w'], ['y']),
      ]),
    ],
  ])('%s are written', async (_, before) => {
    expect(await opsAfter(before)).toContain('ScatterND')
  })
})

describe('all places of an axis taken', () => {
  const taken = (places: string, axis: number) => [
    node('Neg', ['x'], ['a']),
    node('Gather', ['a', places], ['b'], { axis }),
    node('Relu', ['b'], ['y']),
  ]

  test('in their order give the value back', async () => {
    expect(await opsAfter(fileOf(taken('in order', 0), [3, 4]))).toEqual(['Neg', 'Relu'])
    expect(await opsAfter(fileOf([...counted.slice(0, -1), ...taken('sliced', 0)]))).toEqual(['Neg', 'Relu'])
  })

  test.each<[string, number, ValueType['shape']]>([
    ['fewer', 0, [3, 4]],
    ['in order', 1, [3, 4]],
    ['in order', 0, n],
  ])('%s along axis %d do not', async (places, axis, shape) => {
    expect(await opsAfter(fileOf(taken(places, axis), shape))).toContain('Gather')
  })
})
