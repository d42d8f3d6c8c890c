import { type Dim, flatten, formatType, inferTypes, unknownType, type ValueType } from '@nnfuse/ir'
import type { NodeProto, TensorProto } from 'onnx-buf'
import { expect, test } from 'vitest'
import { model, node, tensor, weights } from '../../test/onnx-builder.js'
import { documentOf, importOnnx } from '../index.js'

const ints = (name: string, ...values: number[]): TensorProto =>
  tensor(name, [values.length], values, 'int64')

const initializers = [
  ints('one', 1),
  ints('last', -1),
  ints('end', 2 ** 31),
  ints('start', 0),
  ints('sizes', 1, 3),
  ints('minus', -2),
  tensor('scale', [], [0.1]),
  tensor('point', [], [3], 'int8'),
  weights('kernel', 5, 4, 3),
  tensor('zero', [], [0], 'int64'),
  tensor('unit', [], [1], 'int64'),
]

const float = (...shape: Dim[]): ValueType => ({ dtype: 'float32', shape })

const inputs = {
  x: float('n', 4, 'l'),
  m: float('n', 'l', 7),
  p: float('n', 4, 6),
  i: { dtype: 'int64', shape: ['k', 2] },
  s: { dtype: 'int64', shape: [3] },
  unknown: { dtype: 'float32', shape: undefined },
} as const

/** As the document has them after reading, and as they are inferred from the graph: both ways must agree. */
const typesOf = async (one: NodeProto, opset: number): Promise<string[]> => {
  const { output } = one
  const outputs = Object.fromEntries(output.map((name) => [name, unknownType]))
  const used = new Set(one.input)
  const bytes = model({
    nodes: [one],
    initializers: initializers.filter(({ name }) => used.has(name)),
    inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => used.has(name))),
    outputs,
    opset,
  })
  const imported = await importOnnx(bytes)
  const read = output.map((name) => formatType(documentOf(imported)?.types.get(name) ?? unknownType))
  const types = inferTypes(flatten(imported.root))
  expect(output.map((name) => formatType(types.get(name) ?? unknownType))).toEqual(read)
  return read
}

const y = ['y']

test.each<[NodeProto, string[], opset?: number]>([
  [node('Softmax', ['x'], y), ['float32[n, 4, l]']],
  [node('LayerNormalization', ['x', 'scale'], ['y', 'mean']), ['float32[n, 4, l]', '?[...]']],
  [node('Pow', ['x', 'scale'], y), ['float32[n, 4, l]']],
  [node('Pow', ['x', 'scale'], y, { broadcast: 1 }), ['?[...]'], 7],
  [node('Where', ['s', 'x', 'scale'], y), ['float32[n, 4, 3]']],
  [node('Less', ['x', 'scale'], y), ['bool[n, 4, l]']],
  [node('Cast', ['x'], y, { to: 7 }), ['int64[n, 4, l]']],
  [node('CastLike', ['x', 'i'], y), ['int64[n, 4, l]']],
  [node('QuantizeLinear', ['x', 'scale'], y), ['uint8[n, 4, l]']],
  [node('QuantizeLinear', ['x', 'scale', 'point'], y), ['int8[n, 4, l]']],
  [node('DequantizeLinear', ['i', 'scale'], y), ['float32[k, 2]']],
  [node('MatMul', ['x', 'm'], y), ['float32[n, 4, 7]']],
  [node('MatMul', ['x', 'unknown'], y), ['float32[...]']],
  [node('Gemm', ['m', 'x'], y, { transA: 1 }), ['float32[l, 4]']],
  [node('Conv', ['unknown', 'x'], y), ['float32[?, n, ?]']],
  [node('ReduceMean', ['x'], y, { axes: [-1] }), ['float32[n, 4, 1]']],
  [node('ReduceMean', ['x', 'last'], y, { keepdims: 0 }), ['float32[n, 4]'], 18],
  [node('ReduceMean', ['x', 's'], y), ['float32[?, ?, ?]'], 18],
  [node('ReduceMean', ['x'], y, { keepdims: 0 }), ['float32[]']],
  [node('ReduceMean', ['x'], y, { noop_with_empty_axes: 1 }), ['float32[n, 4, l]'], 18],
  [node('ArgMax', ['x'], y, { axis: 1, keepdims: 0 }), ['int64[n, l]']],
  [node('GlobalMaxPool', ['x'], y), ['float32[n, 4, 1]']],
  [node('Resize', ['x', '', 'scale'], y), ['float32[?, ?, ?]']],
  [node('Reshape', ['x', 's'], y), ['float32[?, ?, ?]']],
  [node('Shape', ['x'], y), ['int64[3]']],
  [node('Shape', ['unknown'], y), ['int64[?]']],
  [node('Gather', ['x', 'i'], y, { axis: 1 }), ['float32[n, k, 2, l]']],
  [node('Slice', ['x', 'one', 'last', 'one'], y), ['float32[n, 2, l]']],
  [node('Slice', ['x', 'start', 'end', 'last'], y), ['float32[n, 4, l]']],
  [node('Slice', ['x', 'one', 'end', 'last'], y), ['float32[n, 4, ?]']],
  [node('Slice', ['x', 'last', 'minus', 'one', 'last'], y), ['float32[n, 1, l]']],
  [node('Slice', ['x', 's', 's'], y), ['float32[?, ?, ?]']],
  [node('Split', ['x', 'sizes'], ['y', 'z'], { axis: 1 }), ['float32[n, 1, l]', 'float32[n, 3, l]']],
  [node('Split', ['x'], ['y', 'z'], { axis: 1 }), ['float32[n, 2, l]', 'float32[n, 2, l]']],
  [node('Split', ['x'], ['y', 'z']), ['float32[?, 4, l]', 'float32[?, 4, l]']],
  [node('Expand', ['x', 'one'], y), ['float32[n, 4, l]']],
  [node('Expand', ['x', 'sizes'], y), ['float32[n, 4, 3]']],
  [node('Expand', ['x', 'last'], y), ['float32[n, 4, ?]']],
  [node('Expand', ['x', 's'], y), ['float32[...]']],
  [node('Expand', ['unknown', 'sizes'], y), ['float32[...]']],
  [node('AveragePool', ['x'], y, { kernel_shape: [2], strides: [2], ceil_mode: 1 }), ['float32[n, 4, ?]']],
  [node('AveragePool', ['p'], y, { kernel_shape: [2], strides: [2], ceil_mode: 1 }), ['float32[n, 4, 3]']],
  [node('AveragePool', ['p'], y, { kernel_shape: [3], strides: [2], ceil_mode: 1 }), ['float32[n, 4, ?]']],
  [node('LpPool', ['p'], y, { kernel_shape: [3], pads: [1, 1], dilations: [2] }), ['float32[n, 4, 4]'], 18],
  [node('MaxPool', ['p'], ['y', 'z'], { kernel_shape: [2] }), ['float32[n, 4, 5]', 'int64[n, 4, 5]']],
  [node('MaxPool', ['unknown'], ['y', 'z'], { kernel_shape: [2] }), ['float32[...]', 'int64[...]']],
  [node('Softmax', ['x'], y, {}, { domain: 'com.acme' }), ['?[...]']],
  [node('NonZero', ['x'], y), ['?[...]']],
])('case %#', async (one, expected, opset = 17) => {
  expect(await typesOf(one, opset)).toEqual(expected)
})

test('sizes that a file takes from shapes are those of what it expands to, and of what it counts', async () => {
  const imported = await importOnnx(
    model({
      nodes: [
        node('Shape', ['m'], ['list']),
        node('Gather', ['list', 'zero'], ['count']),
        node('Range', ['zero', 'count', 'unit'], ['places']),
        node('Expand', ['scale', 'list'], ['e']),
        node('Expand', ['x', 'list'], ['f']),
        node('Range', ['unit', 'count', 'unit'], ['others']),
      ],
      initializers,
      inputs: { m: inputs.m, x: float('n', 'k', 1) },
      outputs: Object.fromEntries(['places', 'e', 'f', 'others'].map((name) => [name, unknownType])),
    }),
  )
  const types = inferTypes(flatten(imported.root))
  expect(['places', 'e', 'f', 'others'].map((name) => formatType(types.get(name) ?? unknownType))).toEqual([
    'int64[n]',
    'float32[n, l, 7]',
    'float32[n, ?, 7]',
    'int64[?]',
  ])
})

test('a reshape to sizes that a file computes has what is left of its input', async () => {
  const one = (from: string, at: string, name: string) => node('Gather', [from, at], [name])
  const imported = await importOnnx(
    model({
      nodes: [
        node('Shape', ['p'], ['list']),
        one('list', 'start', 'batch'),
        one('list', 'one', 'four'),
        node('Concat', ['batch', 'last'], ['rows'], { axis: 0 }),
        node('Concat', ['last', 'four'], ['columns'], { axis: 0 }),
        node('Concat', ['start', 'last', 'four'], ['copied'], { axis: 0 }),
        node('Concat', ['four', 'four', 'last'], ['uneven'], { axis: 0 }),
        ...['rows', 'columns', 'copied', 'uneven'].map((list) =>
          node('Reshape', ['p', list], [`to ${list}`]),
        ),
        node('Reshape', ['unknown', 'rows'], ['of unknown']),
      ],
      initializers,
      inputs: { p: inputs.p, unknown: inputs.unknown },
      outputs: Object.fromEntries(
        ['to rows', 'to columns', 'to copied', 'to uneven', 'of unknown'].map((name) => [name, unknownType]),
      ),
      opset: 13,
    }),
  )
  const types = inferTypes(flatten(imported.root))
  const shapes = ['to rows', 'to columns', 'to copied', 'to uneven', 'of unknown'].map(
    (name) => types.get(name)?.shape,
  )
  expect(shapes).toEqual([
    ['n', 24],
    ['6·n', 4],
    ['n', 6, 4],
    [4, 4, null],
    ['n', null],
  ])
})

test('a batch-norm behind a node that no layer computes knows how many axes it has', async () => {
  const bytes = model({
    nodes: [node('Conv', ['x', 'w'], ['a']), node('BatchNormalization', ['a', 'v', 'v', 'v', 'v'], ['y'])],
    initializers: [tensor('v', [5], [1, 2, 3, 4, 5])],
    inputs: { x: float('n', 4, 'h', 'w'), w: float(5, 4, 3, 3) },
    outputs: { y: unknownType },
  })
  expect([...(await importOnnx(bytes)).root.children.values()].map(({ kind }) => kind)).toEqual([
    'onnx.Op',
    'nn.BatchNorm2d',
  ])
})
