import {
  Add,
  type AnyModule,
  AvgPool2d,
  Cat,
  type Dim,
  Flatten,
  type GraphModuleOf,
  graphModule,
  inference,
  MaxPool2d,
  type Model,
  type ModelLike,
  Mul,
  manualSeed,
  ReLU,
  readValues,
  Sequential,
  stateInputs,
  type Tensor,
} from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import { openOnnxRuntime } from '../test/open-onnxruntime.js'
import { runOptimized } from '../test/run-optimized.js'
import {
  calibrate,
  convert,
  edgeLayers,
  observe,
  prepareQat,
  type QConfig,
  type QuantizeDequantizeModule,
  qconfigs,
  SignalToNoise,
} from './index.js'

const int8 = qconfigs.calibration.onnxruntime

const stated = (model: AnyModule, ...shapes: readonly (readonly Dim[])[]): AnyModule =>
  stateInputs(
    inference(model),
    shapes.map((shape) => ({ dtype: 'float32', shape })),
  )

/** A model of integers, and what its fake quantization computes. */
const quantized = async (model: AnyModule, inputs: readonly Tensor[], config: QConfig) => {
  const prepared = prepareQat(fuse(model).model, { default: config })
  const calibrated = await calibrate(prepared, [inputs], openOnnxRuntime)
  // Watching on would move the grids by what is on grids already.
  const still = calibrated.with(observe(calibrated.root, false))
  return { wanted: (await run(still, inputs)).outputs[0] as Tensor, integers: convert(calibrated) }
}

const exported = async (model: ModelLike, inputs: readonly Tensor[]) => {
  const feeds = await Promise.all(
    inputs.map(async (tensor, i) => [
      i === 0 ? 'x' : 'y',
      [(await readValues(tensor)) as Float32Array, tensor.shape] as const,
    ]),
  )
  return runOptimized(await serializeOnnx(model, { opset: 17 }), Object.fromEntries(feeds))
}

const nn = manualSeed(2)
const conv = (groups = 1): AnyModule => nn.Conv2d(4, 4, 3, { padding: 1, groups })
const image = [2, 4, 6, 6]

const joined = (layer: AnyModule): AnyModule =>
  graphModule({ a: conv(), relu: ReLU(), b: conv(), layer }, (m, x) => m.layer(m.relu(m.a(x)), m.b(x)))

const cases: readonly (readonly [
  name: string,
  model: AnyModule,
  shape: readonly number[],
  kernels: string,
])[] = [
  ['a convolution', Sequential({ a: conv() }), image, 'QLinearConv'],
  ['with batch-norm and ReLU', Sequential([conv(), nn.BatchNorm2d(4), ReLU()]), image, 'QLinearConv'],
  ['depthwise', Sequential({ a: conv(4) }), image, 'QLinearConv'],
  ['of one axis', Sequential({ a: nn.Conv1d(4, 3, 3) }), [2, 4, 9], 'QLinearConv'],
  ['a linear layer', Sequential({ a: nn.Linear(8, 5) }), [3, 8], 'QGemm'],
  [
    'a linear layer over three axes',
    Sequential({ a: nn.Linear(8, 5, { bias: false }) }),
    [2, 3, 8],
    'QLinearMatMul',
  ],
  ['a sum', joined(Add()), image, 'QLinearAdd QLinearConv QLinearConv'],
  ['a product', joined(Mul()), image, 'QLinearConv QLinearConv QLinearMul'],
  ['a concatenation', joined(Cat()), image, 'QLinearConcat QLinearConv QLinearConv'],
  ['an average', Sequential([conv(), AvgPool2d({ kernelSize: 2 })]), image, 'QLinearAveragePool QLinearConv'],
  [
    'a maximum between layers',
    Sequential([conv(), MaxPool2d({ kernelSize: 2 }), Flatten(), nn.Linear(36, 3)]),
    image,
    'QGemm QLinearConv',
  ],
]

const integerKernels = (operators: readonly string[]): string =>
  operators
    .filter((one) => one.startsWith('QLinear') || one === 'QGemm')
    .sort()
    .join(' ')

/** How far two lists are apart at most. */
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((one, i) => Math.abs(one - (b[i] as number))))

/** The step of the grid that the output is on. */
const stepOf = async (model: Model): Promise<number> => {
  const { attrs, children } = model.root as GraphModuleOf
  const last = attrs.calls.find(({ outputs }) => outputs[0] === attrs.outputs[0])?.target as string
  const { scale } = (children.get(last) as QuantizeDequantizeModule).attrs
  return (await numbersOf(scale))[0] as number
}

/** Exports a quantized model and checks which kernels run it, and how far they are from its fake quantization. */
const expectKernels = async (
  model: AnyModule,
  shape: readonly number[],
  kernels: string,
  config: QConfig = int8,
): Promise<void> => {
  const inputs = [drawn(3, shape)]
  const { wanted, integers } = await quantized(stated(model, shape), inputs, config)
  const { outputs, operators } = await exported(integers, inputs)
  expect(integerKernels(operators)).toBe(kernels)
  const far = apart(await numbersOf(wanted), outputs[0] as number[])
  expect(far).toBeLessThanOrEqual(1.001 * (await stepOf(integers)))
}

describe('in ONNX Runtime', () => {
  test.each(cases)('%s runs on integers, within a step of its fake quantization', (_, ...rest) =>
    expectKernels(...rest),
  )

  test('values may be int8, too', () =>
    expectKernels(Sequential({ a: conv() }), image, 'QLinearConv', {
      ...int8,
      activation: { ...int8.activation, dtype: 'int8' },
    }))

  test('weights may have 4 bits', () =>
    expectKernels(Sequential({ a: conv() }), image, 'QLinearConv', {
      ...int8,
      weight: { ...int8.weight, dtype: 'int4', min: -7, max: 7 },
    }))
})

describe('first and last layers', () => {
  const between = (): AnyModule => Sequential({ a: conv(), b: conv(), c: conv(), d: ReLU() })

  test('are those with a weight before and after which there is none', () => {
    expect(edgeLayers(between())).toEqual({ first: ['a'], last: ['c'] })
    const forked = graphModule({ a: conv(), b: conv(), c: conv(), add: Add() }, (m, x) => {
      const y = m.a(x)
      return m.add(m.b(y), m.c(y))
    })
    expect(edgeLayers(forked)).toEqual({ first: ['a'], last: ['b', 'c'] })
    expect(edgeLayers(ReLU())).toEqual({ first: [], last: [] })
  })

  test('stay in float where the mapping says so', async () => {
    const model = stated(between(), image)
    const { first, last } = edgeLayers(model)
    const names = Object.fromEntries([...first, ...last].map((path) => [path, null]))
    const prepared = prepareQat(model, { names, default: int8 })
    const inputs = [drawn(3, image)]
    const { operators } = await exported(
      convert(await calibrate(prepared, [inputs], openOnnxRuntime)),
      inputs,
    )
    expect(operators.filter((one) => /Conv/.test(one)).sort()).toEqual(['Conv', 'Conv', 'QLinearConv'])
  })
})

test('weights only: integers in the file, floats everywhere else', async () => {
  const model = stated(Sequential({ a: conv(), b: Flatten(), c: nn.Linear(144, 3) }), image)
  const integers = convert(prepareQat(model, { default: int8 }, { activations: false }))
  const inputs = [drawn(3, image)]
  const { outputs, operators } = await exported(integers, inputs)
  expect(operators).not.toContain('QuantizeLinear')
  expect(integerKernels(operators)).toBe('')
  const ratio = new SignalToNoise()
  ratio.add(await numbersOf((await run(integers, inputs)).outputs[0]), outputs[0] as number[])
  expect(ratio.decibels).toBeGreaterThan(100)
  const [float, small] = [await serializeOnnx(model), await serializeOnnx(integers)]
  expect(small.length).toBeLessThan(0.55 * float.length)
})
