import { type AnyModule, findModule, print, quantizedOf, readValues, type Tensor } from '@nnfuse/ir'
import type { NodeProto, TensorProto } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { raised } from '../test/raised.js'
import { runOnnx } from '../test/run-onnx.js'
import { importOnnx } from './index.js'

const vectors = ['scale', 'b', 'mean'].map((name) => weights(name, 3))
const variance = tensor('var', [3], [1, 2, 3])

const batchNorm = (attributes: Parameters<typeof node>[3] = {}, output = ['y']): NodeProto =>
  node('BatchNormalization', ['x', 'scale', 'b', 'mean', 'var'], output, attributes)

const norm = { initializers: [...vectors, variance] }

describe('BatchNormalization', () => {
  test.each([
    [[2, 3], 'nn.BatchNorm1d(3)'],
    [[2, 3, 8], 'nn.BatchNorm1d(3)'],
    [[2, 3, 8, 8], 'nn.BatchNorm2d(3)'],
    [[2, 3, 8, 8, 8], 'nn.BatchNorm3d(3)'],
    [[2, 3, 8, 8, 8, 8], 'onnx.Op(BatchNormalization) [its input has 6 axes]'],
  ])('of shape %j', async (shape, expected) => {
    expect(await raised(batchNorm(), { ...norm, inputs: { x: shape } })).toBe(expected)
  })

  test('of unknown rank', async () => {
    const inputs = { x: { dtype: 'float32', shape: undefined } } as const
    expect(await raised(batchNorm(), { ...norm, inputs })).toContain(
      'number of axes of its input is not known',
    )
  })

  test('in training mode', async () => {
    const reason = 'call model.eval() and export again'
    expect(await raised(batchNorm({ training_mode: 1 }), norm)).toContain(reason)
    const outputs = ['y', 'mean1', 'var1']
    expect(await raised(batchNorm({}, outputs), { ...norm, opset: 9 })).toContain(reason)
  })

  test('of a statistic that is an input, or computed', async () => {
    const inputs = { x: [2, 3, 8, 8], mean: [3] }
    const initializers = [...vectors.slice(0, 2), variance]
    expect(await raised(batchNorm(), { inputs, initializers })).toContain('its mean is an input of the graph')
    const computed = model({
      nodes: [node('Tanh', ['m'], ['mean']), batchNorm()],
      initializers,
      inputs: { x: [2, 3, 8, 8], m: [3] },
      outputs: { y: [] },
    })
    expect((await importOnnx(computed)).notes[0]?.reason).toBe('its mean is computed at run time')
  })

  test('with an attribute of tomorrow', async () => {
    expect(await raised(batchNorm({ shape: 1 }), norm)).toContain('its attribute "shape" is not known')
  })

  test('before opset 7', async () => {
    expect(await raised(batchNorm(), { ...norm, opset: 6 })).toContain('onnx.Op(ai.onnx/BatchNormalization)')
  })
})

describe('Conv', () => {
  const conv = (attributes: Parameters<typeof node>[3] = {}, input = ['x', 'w']): NodeProto =>
    node('Conv', input, ['y'], attributes)
  const parts = {
    initializers: [weights('w', 4, 3, 3, 3), weights('bias', 4), weights('grouped', 6, 1, 3, 3)],
  }

  test.each([
    [{}, 'nn.Conv2d(3 -> 4, 3x3, no bias)'],
    [{ kernel_shape: [3, 3] }, 'nn.Conv2d(3 -> 4, 3x3, no bias)'],
    [{ pads: [1, 2, 3, 4] }, 'nn.Conv2d(3 -> 4, 3x3, padding 1+3x2+4, no bias)'],
    [{ auto_pad: 'SAME_UPPER' }, 'nn.Conv2d(3 -> 4, 3x3, padding same, no bias)'],
    [{ auto_pad: 'SAME_LOWER' }, 'nn.Conv2d(3 -> 4, 3x3, padding same-lower, no bias)'],
    [{ auto_pad: 'VALID' }, 'nn.Conv2d(3 -> 4, 3x3, no bias)'],
    [{ strides: [2, 1], dilations: [1, 2] }, 'nn.Conv2d(3 -> 4, 3x3, stride 2x1, dilation 1x2, no bias)'],
    [{ kernel_shape: [3, 5] }, 'onnx.Op(Conv) [its kernel_shape is not that of its weight]'],
    [{ pads: [1, 1] }, 'onnx.Op(Conv) [its pads has 2 numbers for 2 axes]'],
    [{ pads: [-1, 0, 0, 0] }, 'onnx.Op(Conv) [its padding is negative]'],
    [{ strides: [0, 1] }, 'onnx.Op(Conv) [its strides is 0, 1]'],
    [{ group: 3 }, 'onnx.Op(Conv) [its 3 groups do not divide 4 channels]'],
    [{ group: 'two' }, 'onnx.Op(ai.onnx/Conv) [its attribute "group" is not of type int]'],
  ])('%j', async (attributes, expected) => {
    expect(await raised(conv(attributes), parts)).toBe(expected)
  })

  test('with a bias, without, and with an empty name for it', async () => {
    expect(await raised(conv({}, ['x', 'w', 'bias']), parts)).toBe('nn.Conv2d(3 -> 4, 3x3)')
    expect(await raised(conv({}, ['x', 'w', '']), parts)).toBe('nn.Conv2d(3 -> 4, 3x3, no bias)')
    expect(await raised(conv({ group: 3 }, ['x', 'grouped']), parts)).toBe(
      'nn.Conv2d(3 -> 6, 3x3, groups 3, no bias)',
    )
  })

  test('transposed', async () => {
    const transposed = (attributes: Parameters<typeof node>[3]): NodeProto =>
      node('ConvTranspose', ['x', 'w'], ['y'], attributes)
    const one = { initializers: [weights('w', 3, 4, 2, 2)] }
    expect(await raised(transposed({ strides: [2, 2], output_padding: [1, 0] }), one)).toBe(
      'nn.ConvTranspose2d(3 -> 4, 2x2, stride 2, no bias, output padding 1x0)',
    )
    expect(await raised(transposed({ output_shape: [9, 9] }), one)).toContain('"output_shape" is not known')
    expect(await raised(transposed({ auto_pad: 'SAME_UPPER' }), one)).toContain('depends on its output shape')
  })
})

describe('Gemm', () => {
  const inputs = { x: [2, 3] }
  const gemm = (attributes: Parameters<typeof node>[3] = {}, input = ['x', 'w', 'c']): NodeProto =>
    node('Gemm', input, ['y'], attributes)

  test.each<[NodeProto, TensorProto[], string]>([
    [gemm({ transB: 1 }), [weights('w', 4, 3), weights('c', 4)], 'nn.Linear(3 -> 4)'],
    [gemm({ transB: 1 }), [weights('w', 4, 3), weights('c', 1, 4)], 'nn.Linear(3 -> 4)'],
    [gemm({ transB: 1 }, ['x', 'w']), [weights('w', 4, 3)], 'nn.Linear(3 -> 4, no bias)'],
    [gemm(), [weights('w', 3, 4), weights('c', 4)], 'nn.Linear(3 -> 4)'],
    [gemm({ alpha: { float: 0.5 } }), [weights('w', 3, 4), weights('c', 4)], 'nn.Linear(3 -> 4)'],
    [gemm({ transA: 1 }), [weights('w', 2, 4), weights('c', 4)], 'onnx.Op(Gemm) [it transposes its input]'],
    [gemm({ beta: { float: 0 } }), [weights('w', 3, 4), weights('c', 4)], 'nn.Linear(3 -> 4, no bias)'],
    [gemm(), [weights('w', 3, 4), weights('c', 2, 4)], 'nn.Gemm(3 -> 4, bias 2x4)'],
    [gemm(), [weights('w', 3, 4), weights('c', 2, 1)], 'nn.Gemm(3 -> 4, bias 2x1)'],
    [gemm(), [weights('w', 3, 4), tensor('c', [1], [1])], 'nn.Linear(3 -> 4)'],
    [gemm(), [weights('w', 3, 4), tensor('c', [], [1])], 'nn.Linear(3 -> 4)'],
    [
      gemm(),
      [weights('w', 3, 4), weights('c', 3)],
      'onnx.Op(Gemm) [its bias does not broadcast over its result]',
    ],
  ])('case %#', async (one, initializers, expected) => {
    expect(await raised(one, { initializers, inputs })).toBe(expected)
  })

  test('without transB, the weight is transposed when it is read', async () => {
    const bytes = model({
      nodes: [gemm()],
      initializers: [weights('w', 3, 400), weights('c', 400)],
      inputs,
      outputs: { y: [] },
    })
    const { root } = await importOnnx(bytes)
    const { weight } = findModule(root, 'Gemm_0').attrs as { weight: Tensor }
    const [values, original] = [await readValues(weight), Float32Array.from(ramp(1200))]
    expect(weight.shape).toEqual([400, 3])
    expect([values[0], values[1], values[2], values[3]]).toEqual([
      original[0],
      original[400],
      original[800],
      original[1],
    ])
  })
})

describe('MatMul', () => {
  const matMul = node('MatMul', ['x', 'w'], ['y'])

  test.each<[TensorProto, readonly number[], string]>([
    [weights('w', 3, 4), [2, 3], 'nn.Linear(3 -> 4, no bias)'],
    [weights('w', 3, 4), [2, 5, 3], 'nn.Linear(3 -> 4, no bias)'],
    [weights('w', 2, 3, 4), [2, 5, 3], 'onnx.Op(MatMul)'],
    [weights('w', 3), [2, 3], 'onnx.Op(MatMul)'],
    [tensor('w', [3, 4], ramp(12).map(Math.round), 'int64'), [2, 3], 'onnx.Op(MatMul)'],
  ])('case %#', async (weight, shape, expected) => {
    expect(await raised(matMul, { initializers: [weight], inputs: { x: shape } })).toBe(expected)
  })

  test('of two values that are computed', async () => {
    expect(await raised(matMul, { inputs: { x: [2, 3], w: [3, 4] } })).toBe('onnx.Op(MatMul)')
  })
})

describe('quantized parameters', () => {
  const dequantize = (name: string): NodeProto => node('DequantizeLinear', [`${name}8`, 'scale'], [name])
  const bytes = (name: string, ...dims: number[]): TensorProto =>
    tensor(
      name,
      dims,
      ramp(dims.reduce((a, b) => a * b, 1)).map((value) => Math.round(100 * value)),
      'int8',
    )
  const scale = tensor('scale', [], [0.01])

  test.each<[string, NodeProto[], readonly number[]]>([
    ['Conv', [dequantize('w'), node('Conv', ['x', 'w'], ['y'])], [4, 3, 1, 1]],
    ['ConvTranspose', [dequantize('w'), node('ConvTranspose', ['x', 'w'], ['y'])], [3, 4, 1, 1]],
    [
      'Conv',
      [dequantize('a'), node('Identity', ['a'], ['w']), node('Conv', ['x', 'w'], ['y'])],
      [4, 3, 1, 1],
    ],
  ])('a weight of %s knows its integers', async (what, nodes, dims) => {
    const name = nodes[0]?.input[0] as string
    const file = model({
      nodes,
      initializers: [bytes(name, ...dims), scale],
      inputs: { x: [2, 3, 8, 8] },
      outputs: { y: [] },
    })
    const { root, notes } = await importOnnx(file)
    const { kind, attrs } = [...root.children.values()].at(-1) as AnyModule
    expect([kind, notes]).toEqual([`nn.${what}2d`, []])
    expect(quantizedOf((attrs as { readonly weight: Tensor }).weight)?.values.dtype).toBe('int8')
  })

  test('of a Gemm and of a MatMul, too', async () => {
    const nodes = [
      dequantize('w'),
      node('Gemm', ['x', 'w'], ['g'], {}, { name: 'gemm' }),
      node('MatMul', ['x', 'w'], ['y'], {}, { name: 'matmul' }),
    ]
    const initializers = [bytes('w8', 3, 4), scale]
    const file = model({ nodes, initializers, inputs: { x: [2, 3] }, outputs: { g: [], y: [] } })
    const { root } = await importOnnx(file)
    for (const path of ['gemm', 'matmul']) {
      const { weight } = findModule(root, path).attrs as { readonly weight: Tensor }
      expect(quantizedOf(weight)?.values.shape).toEqual([4, 3])
    }
  })

  test('what is computed of one is neither, and a note says so', async () => {
    const nodes = [
      dequantize('w'),
      node('Gemm', ['x', 'w'], ['g'], { alpha: { float: 0.5 } }, { name: 'gemm' }),
      node('Mul', ['w', 'scale'], ['v']),
      node('MatMul', ['x', 'v'], ['y'], {}, { name: 'matmul' }),
    ]
    const initializers = [bytes('w8', 3, 4), scale]
    const file = model({ nodes, initializers, inputs: { x: [2, 3] }, outputs: { g: [], y: [] } })
    const { root, notes } = await importOnnx(file)
    expect([findModule(root, 'gemm').kind, findModule(root, 'matmul').kind]).toEqual(['onnx.Op', 'onnx.Op'])
    expect(notes).toMatchObject([{ what: 'Gemm', reason: 'its weight is quantized, and more than that' }])
  })

  test('a bias is read', async () => {
    const file = model({
      nodes: [dequantize('b'), node('Conv', ['x', 'w', 'b'], ['y'], {}, { name: 'conv' })],
      initializers: [tensor('b8', [2], [100, -7], 'int32'), weights('w', 2, 3, 1, 1), scale],
      inputs: { x: [2, 3, 8, 8] },
      outputs: { y: [] },
    })
    const conv = findModule((await importOnnx(file)).root, 'conv').attrs as { readonly bias: Tensor }
    expect(Array.from(await readValues(conv.bias), Number)).toEqual([1, -0.07].map(Math.fround))
  })
})

describe('other operators', () => {
  const scalar = (name: string, value: number): TensorProto => tensor(name, [], [value])
  const limits = [
    scalar('zero', 0),
    scalar('six', 6),
    tensor('false', [], [0], 'bool'),
    tensor('true', [], [1], 'bool'),
  ]

  test.each<[NodeProto, number, string]>([
    [node('Relu', ['x'], ['y']), 17, 'nn.ReLU'],
    [node('Relu', ['x'], ['y'], {}, { domain: 'com.acme' }), 17, 'onnx.Op(com.acme/Relu)'],
    [node('Clip', ['x', 'zero', 'six'], ['y']), 17, 'nn.ReLU6'],
    [node('Clip', ['x', '', 'six'], ['y']), 17, 'onnx.Op(Clip)'],
    [node('Clip', ['x'], ['y'], { min: { float: 0 }, max: { float: 6 } }), 9, 'nn.ReLU6'],
    [node('Clip', ['x'], ['y'], { min: { float: 0 } }), 9, 'onnx.Op(Clip)'],
    [node('LeakyRelu', ['x'], ['y']), 17, 'nn.LeakyReLU(0.01)'],
    [node('LeakyRelu', ['x'], ['y'], { alpha: { float: Math.fround(0.2) } }), 17, 'nn.LeakyReLU(0.2)'],
    [node('Gelu', ['x'], ['y'], { approximate: 'tanh' }), 20, 'nn.GELU(tanh)'],
    [node('Concat', ['x', 'x'], ['y'], { axis: -1 }), 17, 'nn.Cat(axis -1)'],
    [node('Flatten', ['x'], ['y']), 17, 'nn.Flatten'],
    [node('GlobalAveragePool', ['x'], ['y']), 17, 'nn.AdaptiveAvgPool2d(1x1)'],
    [node('MaxPool', ['x'], ['y'], { kernel_shape: [2, 2] }), 17, 'nn.MaxPool2d(2x2, stride 1x1)'],
    [node('MaxPool', ['x'], ['y', 'i'], { kernel_shape: [2, 2] }), 17, 'onnx.Op(MaxPool)'],
    [node('AveragePool', ['x'], ['y'], { kernel_shape: [2, 2], ceil_mode: 1 }), 17, 'onnx.Op(AveragePool)'],
    [node('Dropout', ['x'], ['y']), 17, 'nn.Dropout(0.5)'],
    [node('Dropout', ['x', '', 'false'], ['y', 'mask']), 17, 'nn.Dropout(0.5)'],
    [node('Dropout', ['x', '', 'true'], ['y']), 17, 'onnx.Op(Dropout)'],
    [node('Dropout', ['x'], ['y'], { ratio: { float: 0.25 } }), 10, 'nn.Dropout(0.25)'],
  ])('case %#', async (one, opset, expected) => {
    expect(await raised(one, { initializers: limits, opset, domains: ['com.acme'] })).toBe(expected)
  })

  test('an operator that is given more than it takes is not understood', async () => {
    const inputs = { x: [2, 3], z: [2, 3] }
    expect(await raised(node('Relu', ['x', 'z'], ['y']), { inputs })).toBe('onnx.Op(ai.onnx/Relu)')
  })
})

describe('constants that the file computes', () => {
  const ints = (name: string, ...values: number[]): TensorProto =>
    tensor(name, [values.length], values, 'int64')
  const shared = [
    weights('m', 2, 3, 4),
    tensor('row', [1, 3], [1, 2, 3]),
    ints('i', 1, -1),
    ints('starts', -1, 0),
    ints('ends', -9, 2),
    ints('axes', 2, 1),
    ints('steps', -2, 1),
    ints('far', 9_000_000_000_000),
    ints('to', 2, 1, 3),
    ints('shape', 0, -1, 2),
    ints('two', 2),
    ints('zero', 0),
    tensor('byte', [3], [0, 1, 200], 'uint8'),
  ]

  test.each<[string, NodeProto]>([
    ['Transpose', node('Transpose', ['m'], ['y'], { perm: [2, 0, 1] })],
    ['Transpose by default', node('Transpose', ['m'], ['y'])],
    ['Reshape', node('Reshape', ['m', 'shape'], ['y'])],
    ['Gather', node('Gather', ['m', 'i'], ['y'], { axis: 2 })],
    ['Gather of rows', node('Gather', ['m', 'i'], ['y'])],
    ['Slice backwards', node('Slice', ['m', 'starts', 'ends', 'axes', 'steps'], ['y'])],
    ['Slice to the end', node('Slice', ['m', 'two', 'far', 'two'], ['y'])],
    ['Expand', node('Expand', ['row', 'to'], ['y'])],
    ['Concat', node('Concat', ['m', 'm'], ['y'], { axis: 1 })],
    ['Unsqueeze', node('Unsqueeze', ['row', 'axes'], ['y'])],
    ['Squeeze', node('Squeeze', ['row', 'zero'], ['y'])],
    ['Squeeze all', node('Squeeze', ['row'], ['y'])],
    ['Cast', node('Cast', ['byte'], ['y'], { to: 1 })],
    ['ConstantOfShape', node('ConstantOfShape', ['to'], ['y'], { value: tensor('', [1], [2.5]) })],
    ['Identity', node('Identity', ['m'], ['y'])],
    ['Constant', node('Constant', [], ['y'], { value: weights('', 2, 2) })],
  ])('%s', async (_, one) => {
    const bytes = model({
      nodes: [one],
      initializers: shared,
      outputs: { y: { dtype: 'float32', shape: undefined } },
    })
    const { root } = await importOnnx(bytes)
    const value = [...root.children.values()].map(
      ({ attrs }) => (attrs as { value?: Tensor }).value,
    )[0] as Tensor
    const { y } = await runOnnx(bytes, {})
    expect({ dims: value.shape, values: Array.from(await readValues(value), Number) }).toEqual(y)
    expect(root.children.size).toBe(1)
  })

  test('a cast like data depends on the type of that data only', async () => {
    const bytes = model({
      nodes: [node('CastLike', ['byte', 'x'], ['c']), node('Add', ['x', 'c'], ['y'])],
      initializers: shared,
      inputs: { x: [3] },
      outputs: { y: [3] },
    })
    expect(print((await importOnnx(bytes)).root)).toContain('c: nn.Constant(float32[3])')
  })

  test('a constant that nobody could hold is left to the file', async () => {
    const bytes = model({
      nodes: [node('Expand', ['row', 'big'], ['y'])],
      initializers: [tensor('row', [1], [1]), ints('big', 2 ** 30, 2 ** 30)],
      outputs: { y: { dtype: 'float32', shape: undefined } },
    })
    expect(print((await importOnnx(bytes)).root)).toContain('onnx.Op(Expand)')
  })
})
