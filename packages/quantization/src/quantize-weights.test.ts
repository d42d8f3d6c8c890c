import {
  type AnyModule,
  decodeFloats,
  deferredTensor,
  encode,
  findModule,
  inference,
  Linear,
  type Model,
  manualSeed,
  Sequential,
  stateInputs,
  type Tensor,
} from '@nnfuse/ir'
import { importOnnx, initializerTensors, serializeOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import { runOptimized } from '../test/run-optimized.js'
import {
  convert,
  prepareQat,
  type QConfig,
  type QuantizedAttrs,
  type QuantizeWeightsOptions,
  qconfigs,
  quantizeWeights,
  SignalToNoise,
} from './index.js'

const nn = manualSeed(6)
const int8 = qconfigs.calibration.onnxruntime
const bits = (dtype: 'int4' | 'uint4', scheme: 'symmetric' | 'affine' = 'symmetric'): QConfig => {
  const [min, max] = dtype === 'int4' ? [-8, 7] : [0, 15]
  return { ...int8, weight: { dtype, scheme, min, max, axis: 0 } }
}

const stated = (model: AnyModule, shape: readonly number[]): AnyModule =>
  stateInputs(inference(model), [{ dtype: 'float32', shape }])

const dtypesOf = (model: Model, opset: number): string[] =>
  [...initializerTensors(model, { opset }).values()].map(({ dtype }) => dtype).sort()

/** How near ONNX Runtime comes to our own runtime, in decibels, and with which operators. */
const compared = async (model: Model, x: Tensor, opset: number) => {
  const values = Float32Array.from(await numbersOf(x))
  const bytes = await serializeOnnx(model, { opset })
  const { outputs, operators } = await runOptimized(bytes, { x: [values, x.shape] })
  const ratio = new SignalToNoise()
  ratio.add(await numbersOf((await run(model, [x])).outputs[0]), outputs[0] as number[])
  return { decibels: ratio.decibels, operators, bytes }
}

const linear = (features = 64): AnyModule => Sequential({ fc: nn.Linear(features, 5) })

type Case = readonly [
  name: string,
  model: AnyModule,
  shape: readonly number[],
  config: QConfig,
  options: QuantizeWeightsOptions,
  opset: number,
  dtypes: readonly string[],
  operator: string,
]

const four = ['float32', 'float32', 'int4', 'int4']
const eight = ['float32', 'float32', 'int8', 'int8']

const cases: readonly Case[] = [
  ['8 bits', linear(), [3, 64], int8, {}, 17, eight, 'MatMulNBits'],
  [
    'one scale, in an old file',
    linear(),
    [3, 64],
    qconfigs.calibration.qnnpack,
    {},
    10,
    eight,
    'MatMulNBits',
  ],
  ['4 bits', linear(), [3, 64], bits('int4'), {}, 21, four, 'MatMulNBits'],
  ['4 bits, over three axes', linear(), [2, 3, 64], bits('int4'), {}, 21, four, 'MatMulNBits'],
  ['4 bits in an older file', linear(), [3, 64], bits('int4'), {}, 17, eight, 'MatMulNBits'],
  [
    '4 bits without a sign',
    linear(),
    [3, 64],
    bits('uint4', 'affine'),
    {},
    21,
    ['float32', 'float32', 'uint4', 'uint4'],
    'MatMulNBits',
  ],
  ['4 bits in blocks', linear(), [3, 64], bits('int4'), { blockSize: 16 }, 21, four, 'MatMulNBits'],
  ['8 bits in blocks', linear(), [3, 64], int8, { blockSize: 16 }, 21, eight, 'MatMulNBits'],
  [
    'blocks that the inputs do not fill',
    linear(70),
    [3, 70],
    bits('uint4', 'affine'),
    { blockSize: 32 },
    21,
    ['float32', 'float32', 'uint4', 'uint4'],
    'MatMulNBits',
  ],
  [
    'an odd number of weights in a convolution',
    Sequential({ a: nn.Conv2d(3, 3, 3) }),
    [1, 3, 5, 5],
    bits('int4'),
    {},
    21,
    four,
    'Conv',
  ],
  [
    'blocks in a convolution',
    Sequential({ a: nn.Conv2d(20, 3, 3) }),
    [1, 20, 5, 5],
    bits('int4'),
    { blockSize: 16 },
    21,
    four,
    'Conv',
  ],
  [
    'blocks in a transposed convolution',
    Sequential({ a: nn.ConvTranspose2d(20, 3, 3) }),
    [1, 20, 5, 5],
    bits('int4'),
    { blockSize: 16 },
    21,
    four,
    'ConvTranspose',
  ],
]

describe('integer weights, in ONNX Runtime as here', () => {
  test.each(cases)('%s', async (_, model, shape, config, options, opset, dtypes, operator) => {
    const small = quantizeWeights(stated(model, shape), { default: config }, options)
    const { decibels, operators } = await compared(small, drawn(3, shape), opset)
    expect(dtypesOf(small, opset)).toEqual(dtypes)
    expect(operators).toContain(operator)
    expect(decibels).toBeGreaterThan(100)
  })
})

const cast = (tensor: Tensor, dtype: 'float16' | 'float64'): Tensor =>
  deferredTensor(dtype, tensor.shape, [tensor], (bytes) => encode(decodeFloats(bytes, tensor.dtype), dtype))

/** Linear layers of other floats than most. */
const ofFloats = (dtype: 'float16' | 'float64'): AnyModule => {
  const layers = [nn.Linear(8, 5), nn.Linear(5, 4)].map(({ attrs: { weight, bias } }) =>
    Linear({ weight: cast(weight, dtype), bias: cast(bias as Tensor, dtype) }),
  )
  return stateInputs(inference(Sequential(layers)), [{ dtype, shape: [2, 8] }])
}

describe('weights in models of other floats', () => {
  test('of 64 bits: as here', async () => {
    const small = quantizeWeights(ofFloats('float64'))
    const x = drawn(3, [2, 8])
    const feed = Float64Array.from(await numbersOf(x))
    const { outputs, operators } = await runOptimized(await serializeOnnx(small, { opset: 17 }), {
      x: [feed, x.shape],
    })
    const ratio = new SignalToNoise()
    ratio.add(await numbersOf((await run(small, [cast(x, 'float64')])).outputs[0]), outputs[0] as number[])
    expect(ratio.decibels).toBeGreaterThan(100)
    expect(operators).toContain('Cast')
  })

  test.each(['float16', 'float64'] as const)('values of %s are not put on a grid', async (dtype) => {
    const prepared = prepareQat(ofFloats(dtype), { default: int8 })
    const { model } = await run(prepared, [cast(drawn(3, [2, 8]), dtype)])
    await expect(serializeOnnx(convert(model))).rejects.toMatchObject({
      code: 'CANNOT_EXPRESS',
      message: expect.stringContaining(`values that are ${dtype} are not quantized`),
      hint: expect.stringContaining('Quantize weights only'),
    })
  })
})

test('two numbers of 4 bits take a byte, the first its lower half', async () => {
  const weight = drawn(3, [1, 4], (_, i) => [7, -7, 3, 0][i] as number)
  const small = quantizeWeights(stated(Sequential({ fc: Linear({ weight }) }), [1, 4]), {
    default: { ...int8, weight: { dtype: 'int4', scheme: 'symmetric', min: -7, max: 7 } },
  })
  const read = await importOnnx(await serializeOnnx(small, { opset: 21 }))
  const packed = [...initializerTensors(read).values()].find(({ shape }) => shape.length === 2) as Tensor
  expect([packed.dtype, packed.shape]).toEqual(['int4', [4, 1]])
  const { storage } = packed
  expect(storage.type === 'memory' && [...storage.bytes]).toEqual([0x97, 0x03])
})

test('a block has the scale of its own extremes', async () => {
  const weight = drawn(3, [2, 5], (_, i) => [1, -4, 2, 2, 30, 0, 0, 8, 1, -15][i] as number)
  const { root } = quantizeWeights(
    Sequential({ fc: Linear({ weight }) }),
    { default: { ...int8, weight: { ...int8.weight, dtype: 'int4', min: -7, max: 7 } } },
    { blockSize: 2 },
  )
  const attrs = findModule(root, 'fc').attrs as QuantizedAttrs
  expect(attrs.weightScale.shape).toEqual([2, 3])
  const scales = [4 / 7, 2 / 7, 30 / 7, 2 ** -23, 8 / 7, 15 / 7]
  expect(await numbersOf(attrs.weightScale)).toEqual(scales.map((one) => expect.closeTo(one, 6)))
  expect(await numbersOf(attrs.weight)).toEqual([2, -7, 7, 7, 7, 0, 0, 7, 1, -7])
})

test('layers with no more inputs than a block have a scale for each channel', () => {
  const { root } = quantizeWeights(linear(16), { default: bits('int4') }, { blockSize: 16 })
  const attrs = findModule(root, 'fc').attrs as QuantizedAttrs
  expect([attrs.blockSize, attrs.weightScale.shape]).toEqual([undefined, [5]])
})

test('a block is a whole number of inputs', () => {
  for (const blockSize of [0, -1, 1.5, Number.NaN]) {
    expect(() => quantizeWeights(linear(), { default: int8 }, { blockSize })).toThrow(
      expect.objectContaining({ code: 'BAD_QUANT_SPEC' }),
    )
  }
})

test('blocks are refused in files older than opset 21', async () => {
  const small = quantizeWeights(stated(linear(), [3, 64]), { default: int8 }, { blockSize: 16 })
  await expect(serializeOnnx(small, { opset: 20 })).rejects.toMatchObject({
    code: 'CANNOT_EXPRESS',
    message: expect.stringContaining('needs opset 21'),
  })
})

test('gives what preparing for weights only and converting gives', async () => {
  const model = stated(linear(), [3, 64])
  const [x, prepared] = [drawn(3, [3, 64]), prepareQat(model, { default: int8 }, { activations: false })]
  const [a, b] = [await compared(quantizeWeights(model), x, 17), await compared(convert(prepared), x, 17)]
  expect(a.bytes).toEqual(b.bytes)
})

test('where values are integers, too, 4 bits take a byte, and integer kernels take them', async () => {
  const model = stated(linear(), [3, 64])
  const prepared = prepareQat(model, { default: bits('int4') })
  const { model: observed } = await run(prepared, [drawn(3, [3, 64])])
  const integers = convert(observed)
  expect(dtypesOf(integers, 21)).not.toContain('int4')
  const { operators } = await compared(integers, drawn(3, [3, 64]), 21)
  expect(operators).toContain('QGemm')
})
