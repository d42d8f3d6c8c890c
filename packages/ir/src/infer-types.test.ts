import { describe, expect, test } from 'vitest'
import { graphModule } from './graph-module.js'
import { typeOps } from './infer/type-ops.js'
import { inferModule, inferTypes, refineType } from './infer-types.js'
import { manualSeed } from './init/manual-seed.js'
import { ReLU } from './kinds/activations.js'
import { Add, Cat, Constant, Div, Flatten, Identity, Sub } from './kinds/elementwise.js'
import { Gemm } from './kinds/linear.js'
import { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from './kinds/pooling.js'
import { Pad, Reshape, Squeeze, Transpose, Unsqueeze } from './kinds/shape.js'
import { type AnyModule, type Kind, kind } from './module.js'
import { tensorOf } from './tensor.js'
import { floatTensor } from './tensor-values.js'
import { type Dim, formatType, unknownType, type ValueType } from './value-type.js'

const nn = manualSeed(0)
const shapeAfter = (module: AnyModule, ...shapes: (readonly Dim[])[]): readonly Dim[] | undefined =>
  inferModule(
    module,
    shapes.map((shape) => ({ dtype: 'float32' as const, shape })),
  )[0]?.shape

/** Checked against the same layers in torch 2.13. */
test.each([
  [nn.Conv2d(3, 8, 3, { stride: 2, padding: 1 }), [1, 3, 7, 8], [1, 8, 4, 4]],
  [nn.Conv2d(3, 8, 3, { dilation: 2 }), [1, 3, 9, 9], [1, 8, 5, 5]],
  [nn.Conv1d(3, 8, 4, { padding: 'same' }), [1, 3, 10], [1, 8, 10]],
  [nn.ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1 }), [1, 4, 5, 5], [1, 6, 10, 10]],
  [MaxPool2d({ kernelSize: 3, stride: 2, ceilMode: true }), [1, 3, 6, 7], [1, 3, 3, 3]],
  [MaxPool2d({ kernelSize: 2, stride: 2, ceilMode: true, padding: 1 }), [1, 3, 3, 4], [1, 3, 2, 3]],
  [AvgPool2d({ kernelSize: 2 }), [1, 3, 5, 4], [1, 3, 2, 2]],
  [AdaptiveAvgPool2d({ outputSize: [null, 2] }), [1, 3, 5, 9], [1, 3, 5, 2]],
  [nn.Linear(4, 9), [2, 3, 4], [2, 3, 9]],
  [Flatten(), [2, 3, 4, 5], [2, 60]],
  [Reshape({ shape: ['copy', -1, 4] }), [2, 3, 4, 5], [2, 15, 4]],
  [Reshape({ shape: [5, 'copy', -1] }), [2, 3, 5], [5, 3, 2]],
  [Transpose({ perm: [0, 2, 3, 1] }), [2, 3, 4, 5], [2, 4, 5, 3]],
  [Squeeze({ axes: [1, -1] }), [2, 1, 3, 1], [2, 3]],
  [Unsqueeze({ axes: [-1, 1] }), [2, 3], [2, 1, 3, 1]],
  [
    Pad({
      pads: [
        [0, 0],
        [1, 2],
      ],
    }),
    [2, 3],
    [2, 6],
  ],
] as const)('the shape after %o', (module, before, after) => {
  expect(shapeAfter(module, before)).toEqual(after)
})

test('symbolic sizes are kept where the axis is, and lost where it is computed', () => {
  expect(shapeAfter(nn.Conv2d(3, 8, 3), ['batch', 3, 'h', 10])).toEqual(['batch', 8, null, 8])
  expect(shapeAfter(Add(), ['batch', 8, 1], [8, 4])).toEqual(['batch', 8, 4])
  expect(shapeAfter(Cat(), ['n', 2, 5], ['n', 3, 5])).toEqual(['n', 5, 5])
})

test('symbolic sizes stay where there is a window for each place', () => {
  const image: Dim[] = ['n', 3, 'h', 'w']
  expect(shapeAfter(nn.Conv2d(3, 8, 3, { padding: 1 }), image)).toEqual(['n', 8, 'h', 'w'])
  expect(shapeAfter(nn.Conv2d(3, 8, 3, { padding: [1, 0] }), image)).toEqual(['n', 8, 'h', null])
  expect(shapeAfter(nn.Conv2d(3, 8, 3, { padding: 1, stride: [1, 2] }), image)).toEqual(['n', 8, 'h', null])
  expect(shapeAfter(nn.Conv2d(3, 8, 3, { padding: 1, dilation: 2 }), image)).toEqual(['n', 8, null, null])
  expect(shapeAfter(nn.Conv2d(3, 8, 2, { padding: 'same' }), image)).toEqual(['n', 8, 'h', 'w'])
})

describe('symbolic sizes behind a reshape', () => {
  test.each<[(number | 'copy')[], Dim[], Dim[]]>([
    [
      [-1, 12],
      ['n', 3, 4],
      ['n', 12],
    ],
    [
      ['copy', -1],
      ['n', 3, 4],
      ['n', 12],
    ],
    [
      ['copy', -1],
      ['n', 3, 'h', 1],
      ['n', '3·h'],
    ],
    [
      [-1, 'copy'],
      [null, 'c'],
      [null, 'c'],
    ],
    [
      ['copy', 'copy', -1],
      [null, 'c', 2, 3],
      [null, 'c', 6],
    ],
    [
      [-1, 6],
      ['n', 3, 4],
      ['2·n', 6],
    ],
    [
      [-1, 4],
      ['6·n', 2, 5],
      ['15·n', 4],
    ],
    [
      [-1, 7],
      ['n', 3, 4],
      [null, 7],
    ],
    [
      ['copy', -1],
      ['4·n', 'h', 'w'],
      ['4·n', 'h·w'],
    ],
    [
      [-1, 4],
      ['n', null],
      [null, 4],
    ],
    [
      [-1, 'copy'],
      ['n', 'c', 'c'],
      ['c·n', 'c'],
    ],
    [
      [2, -1],
      ['n', 'c'],
      [2, null],
    ],
    [
      [-1, 5],
      [3, 4],
      [null, 5],
    ],
    [[-1, 1], ['n'], ['n', 1]],
  ])('%j of %j', (shape, before, after) => {
    expect(shapeAfter(Reshape({ shape }), before)).toEqual(after)
  })

  test('of an input of which nothing is known, the sizes that it states', () => {
    expect(inferModule(Reshape({ shape: ['copy', 4, -1] }), [unknownType])[0]?.shape).toEqual([null, 4, null])
  })
})

test('symbolic sizes are kept by what moves axes about', () => {
  expect(shapeAfter(Flatten(), ['n', 'c', 1, 1])).toEqual(['n', 'c'])
  expect(shapeAfter(Transpose({ perm: [0, 2, 1] }), ['n', 3, 'l'])).toEqual(['n', 'l', 3])
  expect(shapeAfter(Squeeze({ axes: [2] }), ['n', 'c', 1])).toEqual(['n', 'c'])
  expect(shapeAfter(Squeeze({ axes: [3] }), ['n', 'c', 1])).toBeUndefined()
  const pads = [
    [0, 0],
    [0, 1],
  ] as const
  expect(shapeAfter(Pad({ pads }), ['n', 'c'])).toEqual(['n', null])
})

test('operands tell each other their sizes', () => {
  expect(shapeAfter(Sub(), ['n', 3], ['n', 1])).toEqual(['n', 3])
  expect(shapeAfter(Div(), ['n'], ['m'])).toEqual([null])
  expect(shapeAfter(Cat(), [null, 2, 'h'], ['n', 3, 4])).toEqual(['n', 5, 4])
  expect(inferModule(Cat(), [unknownType, { dtype: 'float32', shape: ['n', 3] }])[0]).toEqual({
    dtype: 'float32',
    shape: ['n', null],
  })
})

test('rows of a matrix product, where its bias tells them', () => {
  const weight = floatTensor(new Float32Array(12), [4, 3])
  const gemm = (rows: number): AnyModule =>
    Gemm({ weight, bias: floatTensor(new Float32Array(rows * 4), [rows, 4]) })
  expect(shapeAfter(gemm(2), ['n', 3])).toEqual([2, 4])
  expect(shapeAfter(gemm(1), ['n', 3])).toEqual(['n', 4])
})

test('the value of a constant is known until something is computed with it', () => {
  const value = floatTensor([1, 2], [2])
  const [type = unknownType] = inferModule(Constant(value), [])
  expect(inferModule(Identity(), [type])[0]?.value).toBe(value)
  expect(inferModule(ReLU(), [type])[0]).toEqual({ dtype: 'float32', shape: [2] })
})

test('a kind without a forward may say what types it gives', () => {
  const Halves: Kind<'test.Halves', object, []> = kind('test.Halves', {
    create: () => ({ attrs: {} }),
    inferTypes: (_attrs, [x = unknownType]) => [x, x],
  })
  expect(inferModule(Halves(), [{ dtype: 'int8', shape: [2] }])).toHaveLength(2)
})

test('what is stated and what is inferred complete each other', () => {
  const stated = { dtype: undefined, shape: ['n', null, 4] }
  expect(refineType(stated, { dtype: 'float32', shape: ['m', 'c', 5] })).toEqual({
    dtype: 'float32',
    shape: ['n', 'c', 4],
  })
  expect(refineType(stated, { dtype: 'float32', shape: ['2·m', '3·m', '4·m'] }).shape).toEqual([
    '2·m',
    '3·m',
    4,
  ])
  expect(refineType(stated, { dtype: 'int8', shape: [1] })).toEqual({ dtype: 'int8', shape: ['n', null, 4] })
})

test('a convolution tells the rank even where nothing is known of its input', () => {
  expect(inferModule(nn.Conv2d(3, 8, 3), [unknownType])[0]?.shape).toEqual([null, 8, null, null])
})

test('a graph infers from what its inputs state', () => {
  const graph = graphModule({ conv: nn.Conv2d(3, 8, 3), relu: ReLU() }, (m, image) => m.relu(m.conv(image)), {
    inputs: { image: { dtype: 'float32', shape: ['n', 3, 8, 8] } },
  })
  expect(formatType(inferTypes(graph).get('relu') ?? unknownType)).toBe('float32[n, 8, 6, 6]')
})

test('an axis of size 1 that the other operand does not have is of size 1', () => {
  const typed = (...shape: Dim[]): ValueType => ({ dtype: 'float32', shape })
  expect(inferModule(Add(), [typed(1, 4), typed(4)])[0]?.shape).toEqual([1, 4])
  expect(inferModule(Add(), [typed(4), typed(1, 'n')])[0]?.shape).toEqual([1, 4])
})

test('types of what is quantized, averaged, chosen and kept', () => {
  const x = { dtype: 'float32', shape: ['n', 3, 4] } as const
  const one = { dtype: 'float32', shape: [3, 1] } as const
  const integers = { dtype: 'int8', shape: [3, 4] } as const
  const axes = { axis: 0, min: 0, max: 255, dtype: 'uint8' } as const
  expect(typeOps.quantizeDequantize(x, { ...axes, scale: one, zeroPoint: one })).toEqual(x)
  expect(typeOps.dequantize(integers, one, one, 0)).toEqual({ dtype: 'float32', shape: [3, 4] })
  expect(typeOps.dynamicQuantize(x)).toEqual([
    { dtype: 'uint8', shape: ['n', 3, 4] },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ])
  const weight = tensorOf('int8', [7, 4], new Uint8Array(28))
  const zero = tensorOf('int8', [], new Uint8Array(1))
  const result = { dtype: 'float32', shape: ['n', 3, 7] }
  expect(typeOps.linearIntegers({ ...x, dtype: 'uint8' }, one, { weight, zeroPoint: zero })).toEqual(result)
  const scale = floatTensor([1], [])
  expect(typeOps.linearDequantized(x, { weight, scale, zeroPoint: zero, axis: 0 })).toEqual(result)
  expect(typeOps.mean(x, [0, -1])).toEqual({ dtype: 'float32', shape: [1, 3, 1] })
  expect(typeOps.where(integers, x, one)).toEqual({ dtype: 'float32', shape: ['n', 3, 4] })
  expect(typeOps.kept({ sum: floatTensor([1], []) }, 'sum')).toEqual({ dtype: 'float32', shape: [] })
})
