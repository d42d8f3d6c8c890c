import {
  Add,
  type AnyModule,
  Conv2d,
  type Dim,
  findModule,
  floatTensor,
  graphModule,
  inference,
  Linear,
  type ModelLike,
  manualSeed,
  ReLU,
  readBytes,
  readValues,
  registerForwardHook,
  Sequential,
  stateInputs,
  type Tensor,
  toModel,
} from '@nnfuse/ir'
import { importOnnx, initializerTensors, serializeOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { decoded, drawn, type Encoded, expectClose, numbersOf, readGolden } from '../test/golden.js'
import { runOptimized } from '../test/run-optimized.js'
import { type QConfig, qconfigs, quantizeDynamic } from './index.js'
import type { DynamicLinearAttrs } from './kinds/dynamic-linear.js'

const nn = manualSeed(4)
const { onnxruntime, qnnpack, onednn } = qconfigs.calibration

const stated = (model: AnyModule, shape: readonly Dim[]): AnyModule =>
  stateInputs(inference(model), [{ dtype: 'float32', shape }])

const written = (model: ModelLike, opset = 17): Promise<Uint8Array> => serializeOnnx(model, { opset })

/** What ONNX Runtime makes of a model's file, and what it computes. */
const inOnnxRuntime = async (bytes: Uint8Array, x: Tensor) => {
  const values = (await readValues(x)) as Float32Array
  const { outputs, operators } = await runOptimized(bytes, { x: [values, x.shape] })
  return { outputs, operators: operators.join(' ') }
}

const expectSame = (actual: readonly number[], wanted: readonly number[]): void => {
  expect(actual).toHaveLength(wanted.length)
  for (const [i, one] of wanted.entries()) expect(actual[i]).toBeCloseTo(one, 5)
}

const fork = graphModule({ a: nn.Linear(8, 5), b: nn.Linear(8, 5, { bias: false }), add: Add() }, (m, x) =>
  m.add(m.a(x), m.b(x)),
)
const twice = graphModule({ a: nn.Linear(8, 8) }, (m, x) => m.a(m.a(x)))

const one = 'DynamicQuantizeMatMul'
const cases: readonly (readonly [
  name: string,
  model: AnyModule,
  shape: readonly number[],
  operators: string,
])[] = [
  ['a layer', Sequential({ a: nn.Linear(8, 5) }), [3, 8], one],
  ['without a bias', Sequential({ a: nn.Linear(8, 5, { bias: false }) }), [3, 8], one],
  ['over three axes', Sequential({ a: nn.Linear(8, 5) }), [2, 3, 8], one],
  ['over one axis', Sequential({ a: nn.Linear(8, 5) }), [8], one],
  ['of no rows', Sequential({ a: nn.Linear(8, 5) }), [0, 8], one],
  ['with a ReLU', Sequential([nn.Linear(8, 5), ReLU()]), [3, 8], `${one} Relu`],
  ['a layer after another', Sequential([nn.Linear(8, 5), nn.Linear(5, 4)]), [3, 8], `${one} ${one}`],
  ['a layer that is called twice', twice, [3, 8], `${one} ${one}`],
  [
    'two layers of one value, which share its integers',
    fork,
    [3, 8],
    'DynamicQuantizeLinear MatMulIntegerToFloat MatMulIntegerToFloat Add',
  ],
]

describe('in ONNX Runtime', () => {
  test.each(cases)('%s runs on integers, as here', async (_, model, shape, operators) => {
    const x = drawn(3, shape)
    const dynamic = quantizeDynamic(fuse(stated(model, shape)).model)
    const found = await inOnnxRuntime(await written(dynamic), x)
    expect(found.operators).toBe(operators)
    expectSame(found.outputs[0] as number[], await numbersOf((await run(dynamic, [x])).outputs[0]))
  })

  test.each([0, -3, 5])('values that all are %d', async (value) => {
    const x = floatTensor(new Array(16).fill(value), [2, 8])
    const dynamic = quantizeDynamic(stated(Sequential({ a: nn.Linear(8, 5) }), [2, 8]))
    const { outputs } = await inOnnxRuntime(await written(dynamic), x)
    expectSame(outputs[0] as number[], await numbersOf((await run(dynamic, [x])).outputs[0]))
  })

  test('one scale for a weight will do', async () => {
    const x = drawn(3, [3, 8])
    const dynamic = quantizeDynamic(stated(Sequential({ a: nn.Linear(8, 5) }), [3, 8]), { default: qnnpack })
    const found = await inOnnxRuntime(await written(dynamic), x)
    expect(found.operators).toBe(one)
    expectSame(found.outputs[0] as number[], await numbersOf((await run(dynamic, [x])).outputs[0]))
  })

  test('files that were read: Gemm, and MatMul over more axes', async () => {
    for (const shape of [
      [3, 8],
      [2, 3, 8],
    ]) {
      const float = await importOnnx(
        await written(stated(Sequential({ a: nn.Linear(8, 5), b: nn.Linear(5, 3) }), shape)),
      )
      const x = drawn(3, shape)
      const dynamic = quantizeDynamic(fuse(float).model)
      const found = await inOnnxRuntime(await serializeOnnx(dynamic), x)
      expect(found.operators).toBe(`${one} ${one}`)
      expectSame(found.outputs[0] as number[], await numbersOf((await run(dynamic, [x])).outputs[0]))
    }
  })
})

test('a weight that layers share, or that is called twice, is in the file once', async () => {
  const { weight } = nn.Linear(8, 8, { bias: false }).attrs as { weight: Tensor }
  const model = graphModule({ a: Linear({ weight }), b: Linear({ weight }) }, (m, x) => m.b(m.a(m.a(x))))
  const dynamic = quantizeDynamic(stated(model, [3, 8]))
  const again = quantizeDynamic(await importOnnx(await written(stated(model, [3, 8]))))
  for (const one of [dynamic, again]) {
    const matrices = [...initializerTensors(one).values()].filter(({ shape }) => shape.length === 2)
    expect(matrices.map(({ dtype }) => dtype)).toEqual(['int8'])
  }
})

describe('stays float', () => {
  const left = (model: AnyModule, config: QConfig | null = onnxruntime) => {
    const { notes } = quantizeDynamic(model, { default: config })
    return notes.map(({ path, reason }) => `${path}: ${reason}`)
  }

  test('what is no linear layer', () => {
    const conv = nn.Conv2d(1, 2, 3)
    expect(left(Sequential({ conv, fc: nn.Linear(8, 5) }))).toEqual([
      'conv: only linear layers are quantized dynamically',
    ])
    expect(Conv2d.is(findModule(quantizeDynamic(Sequential({ conv })).root, 'conv') as AnyModule)).toBe(true)
  })

  test('a layer of 16 bits', () => {
    const weight = floatTensor([1, 2, 3, 4], [2, 2], 'float16')
    expect(left(Sequential({ fc: Linear({ weight }) }))).toEqual([
      'fc: its numbers are float16, and only float32 is quantized dynamically',
    ])
  })

  test('a layer whose batch-norm is not folded', () => {
    const held = fuse(inference(Sequential([nn.Linear(8, 5), nn.BatchNorm1d(5)])), {})
    expect(left(held.model.root as AnyModule)).toEqual([])
  })

  test('what the mapping says, without a note', () => {
    expect(left(Sequential({ fc: nn.Linear(8, 5) }), null)).toEqual([])
    const { root } = quantizeDynamic(Sequential({ a: nn.Linear(8, 5), b: nn.Linear(5, 5) }), {
      names: { a: null },
      default: onnxruntime,
    })
    expect([...root.children.values()].map(({ kind }) => kind)).toEqual(['nn.Linear', 'nnqd.Linear'])
  })

  test('a layer with a hook inside of it that would run no more', () => {
    const { model } = fuse(inference(Sequential({ fc: nn.Linear(8, 5), relu: ReLU() })))
    const [path] = [...model.root.children.keys()]
    const hooked = toModel(model.root)
    registerForwardHook(hooked, `${path}.1`, () => undefined)
    expect(left(hooked.root)).toEqual([`${path}: a hook on its 1 would be lost`])
  })
})

test('hooks on a layer stay with it', async () => {
  const seen: string[] = []
  const model = toModel(Sequential({ fc: nn.Linear(8, 5) }))
  registerForwardHook(model, 'fc', ({ kind }) => void seen.push(kind))
  await run(quantizeDynamic(model), [drawn(3, [3, 8])])
  expect(seen).toEqual(['nnqd.Linear'])
})

test('is refused in files older than the operator', async () => {
  const dynamic = quantizeDynamic(stated(Sequential({ fc: nn.Linear(8, 5) }), [3, 8]))
  await expect(written(dynamic, 10)).rejects.toMatchObject({
    code: 'CANNOT_EXPRESS',
    path: 'fc',
    message: expect.stringContaining('needs opset 11'),
  })
})

interface GoldenCase {
  readonly source: 'torch' | 'onnxruntime'
  readonly shape: readonly number[]
  readonly outputs: number
  readonly bias: boolean
  readonly perChannel: boolean
  readonly weight: string
  readonly scale: Encoded
  readonly output: Encoded
}

const golden = readGolden<{ cases: GoldenCase[] }>('dynamic-linear').cases

const configs: { readonly [S in GoldenCase['source']]: readonly [tensor: QConfig, channels: QConfig] } = {
  torch: [qnnpack, onednn],
  onnxruntime: [{ ...onnxruntime, weight: { ...onnxruntime.weight, axis: null } }, onnxruntime],
}

const describeCase = ({ source, shape, bias, perChannel }: GoldenCase): string =>
  `${source}, ${shape.join('x')}${bias ? ', bias' : ''}${perChannel ? ', a scale for each channel' : ''}`

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, one, i) => Math.max(most, Math.abs(one - (b[i] as number))), 0)

describe('as others quantize dynamically', () => {
  test.each(golden.map((one) => [describeCase(one), one] as const))('%s', async (_, wanted) => {
    const { shape, outputs, bias, perChannel } = wanted
    const float = Linear({
      weight: drawn(11, [outputs, shape.at(-1) as number]),
      bias: bias ? drawn(12, [outputs]) : null,
    })
    const config = configs[wanted.source][perChannel ? 1 : 0]
    const dynamic = quantizeDynamic(Sequential({ fc: float }), { default: config })
    const { weight, weightScale } = findModule(dynamic.root, 'fc').attrs as DynamicLinearAttrs
    const x = drawn(1, shape)
    const y = (await run(dynamic, [x])).outputs[0] as Tensor
    const integers = new Int8Array((await readBytes(weight)).slice().buffer)
    const steps = largestDifference(integers, new Int8Array(Buffer.from(wanted.weight, 'base64')))
    await expectClose(weightScale, wanted.scale)
    if (steps === 0) return await expectClose(y, wanted.output)
    // ONNX Runtime divides by the scale where torch multiplies by its reciprocal, so that a tie falls the other way.
    expect([wanted.source, steps]).toEqual(['onnxruntime', 1])
    const [inputs, scales] = [await numbersOf(x), await numbersOf(weightScale)]
    const step = Math.max(...inputs.map(Math.abs)) * Math.max(...scales)
    expect(largestDifference(await numbersOf(y), decoded(wanted.output))).toBeLessThanOrEqual(step)
  })
})
