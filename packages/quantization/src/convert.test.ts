import {
  Add,
  type AnyModule,
  type BatchNormAttrs,
  type ConvAttrs,
  Flatten,
  findModule,
  graphModule,
  Identity,
  inference,
  type Kind,
  kind,
  type LinearAttrs,
  MaxPool2d,
  type Model,
  type ModelLike,
  manualSeed,
  print,
  ReLU,
  readValues,
  registerForwardHook,
  replaceModules,
  Sequential,
  type Tensor,
  train,
} from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import { fuse, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, expectClose, numbersOf, readGolden } from '../test/golden.js'
import { type LayerCase, moduleOf, nameOf } from '../test/layer-case.js'
import { runOptimized } from '../test/run-optimized.js'
import {
  convert,
  type FakeQuantizeAttrs,
  observe,
  prepareQat,
  type QuantizedAttrs,
  qconfigs,
  toFloat,
} from './index.js'

const { cases } = readGolden<{ cases: readonly LayerCase[] }>('qat-layers')

const trained = async (one: LayerCase) => {
  let module = moduleOf(one)
  for (const k of [0, 1]) module = (await run(module, [drawn(1 + k, one.input, (x) => x * (1 + k))])).model
  return module
}

/** The layer that holds the weight, whatever holds it. */
const weighted = (root: AnyModule): ConvAttrs | LinearAttrs => {
  const [top] = [...root.children.values()] as [AnyModule]
  const layer = top.kind.startsWith('nni.') ? (top.children.get('0') as AnyModule) : top
  return layer.attrs as ConvAttrs
}

describe('toFloat', () => {
  test.each(cases.map((one) => [nameOf(one), one] as const))('folds what torch folds: %s', async (_, one) => {
    const { root } = toFloat(await trained(one))
    const { weight, bias } = weighted(root)
    await expectClose(weight, one.folded.weight)
    if (one.folded.bias === null) expect(bias).toBeNull()
    else await expectClose(bias, one.folded.bias)
  })

  test('keeps the mode, names the layers as torch does, and quantizes nothing any more', async () => {
    const one = cases.find(({ kind, mode }) => kind === 'ConvBnReLU2d' && mode === 'eval') as LayerCase
    expect(print(toFloat(await trained(one)).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (0)
        0: nni.ConvReLU2d : 0 <- x
          0: nn.Conv2d(3 -> 4, 3x2)
          1: nn.ReLU"
    `)
  })
})

/** The model with observers on values only. */
const withoutWatching = (root: AnyModule): AnyModule => {
  const fq = findModule(root, 'fc.weight_fake_quant')
  return replaceModules(root, new Map([['fc.weight_fake_quant', observe(fq, false)]]))
}

const network = (): AnyModule => {
  const nn = manualSeed(1)
  return graphModule(
    {
      conv: nn.Conv2d(3, 4, 3, { padding: 1 }),
      bn: nn.BatchNorm2d(4),
      relu: ReLU(),
      conv2: nn.Conv2d(4, 4, 3, { padding: 1, bias: false }),
      bn2: nn.BatchNorm2d(4),
      add: Add(),
      relu2: ReLU(),
      pool: MaxPool2d({ kernelSize: 2 }),
      flat: Flatten(),
      fc: nn.Linear(36, 5),
    },
    (m, x) => {
      const y = m.relu(m.bn(m.conv(x)))
      return m.fc(m.flat(m.pool(m.relu2(m.add(m.bn2(m.conv2(y)), y)))))
    },
    { inputs: { x: { dtype: 'float32', shape: [2, 3, 6, 6] } } },
  )
}

const x = drawn(5, [2, 3, 6, 6])

/** A network that has seen two batches in training, then stands still. */
const learned = async (backend: keyof typeof qconfigs.qat): Promise<Model> => {
  const { model: fused } = fuse(train(network()), { plugins: qatPlugins() })
  let model = prepareQat(fused, { default: qconfigs.qat[backend] })
  for (const seed of [5, 6]) model = (await run(model, [drawn(seed, [2, 3, 6, 6])])).model
  return model.with(observe(inference(model.root), false))
}

const outputsOf = async (model: ModelLike, input: Tensor = x): Promise<number[]> =>
  numbersOf((await run(model, [input])).outputs[0])

const scaleOfOutput = async (model: Model): Promise<number> => {
  const { scale } = findModule(model.root, 'fc.activation_post_process').attrs as FakeQuantizeAttrs
  return (await numbersOf(scale))[0] as number
}

describe('convert', () => {
  test('gives layers of integers with their grids, and grids between them', async () => {
    expect(print(convert(await learned('onnxruntime')).root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (fc)
        conv: nniq.ConvReLU2d(3 -> 4, 3x3, padding 1, int8 -127 to 127) : relu.float <- x.quantized
          activation: nn.ReLU
        conv2: nnq.Conv2d(4 -> 4, 3x3, padding 1, int8 -127 to 127) : bn2.float <- relu
        add: nn.Add : add <- bn2, relu
        relu2: nn.ReLU : relu2.float <- add
        pool: nn.MaxPool2d(2x2, stride 2x2) : pool.float <- relu2
        flat: nn.Flatten : flat.float <- pool
        fc: nnq.Linear(36 -> 5, int8 -127 to 127) : fc.float <- flat
        x.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : x.quantized <- x
        conv.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : relu <- relu.float
        conv2.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : bn2 <- bn2.float
        relu2.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : relu2 <- relu2.float
        fc.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : fc <- fc.float
        pool.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : pool <- pool.float
        flat.activation_post_process: ao.QuantizeDequantize(uint8 0 to 255) : flat <- flat.float"
    `)
  })

  test('integers are those of the fake quantization: within its range, 0 in the middle', async () => {
    const { root } = convert(await learned('onnxruntime'))
    const { weight, bias, weightScale, weightZeroPoint, biasScale } = findModule(root, 'conv')
      .attrs as QuantizedAttrs & { weight: Tensor; bias: Tensor }
    expect([weight.dtype, weight.shape, bias.dtype]).toEqual(['int8', [4, 3, 3, 3], 'int32'])
    const steps = await numbersOf(weight)
    expect(Math.max(...steps.map(Math.abs))).toBeLessThanOrEqual(127)
    expect(await numbersOf(weightZeroPoint)).toEqual([0, 0, 0, 0])
    expect([weightScale.shape, biasScale?.shape]).toEqual([[4], [4]])
  })

  test.each(['x86', 'qnnpack', 'onednn', 'onnxruntime'] as const)(
    'computes what the fake-quantized model computes, within a step: %s',
    async (backend) => {
      const model = await learned(backend)
      const step = await scaleOfOutput(model)
      const [wanted, given] = [await outputsOf(model), await outputsOf(convert(model))]
      for (const [i, one] of wanted.entries()) {
        expect(Math.abs((given[i] as number) - one)).toBeLessThanOrEqual(1.001 * step)
      }
    },
  )

  test('written to ONNX it runs in integer kernels of ONNX Runtime, within a step', async () => {
    const model = await learned('onnxruntime')
    const bytes = await serializeOnnx(convert(model), { opset: 17 })
    const { outputs, operators } = await runOptimized(bytes, {
      x: [(await readValues(x)) as Float32Array, x.shape],
    })
    expect(operators.filter((one) => one.startsWith('QLinear') || one === 'QGemm').sort()).toEqual([
      'QGemm',
      'QLinearAdd',
      'QLinearConv',
      'QLinearConv',
    ])
    const step = await scaleOfOutput(model)
    const wanted = await outputsOf(model)
    for (const [i, one] of (outputs[0] as readonly number[]).entries()) {
      expect(Math.abs(one - (wanted[i] as number))).toBeLessThanOrEqual(1.001 * step)
    }
  })

  test('refuses a value of which nothing is known, with its path', () => {
    const prepared = prepareQat(Sequential({ fc: manualSeed(0).Linear(2, 2) }), { default: qconfigs.qat.x86 })
    expect(() => convert(prepared)).toThrow(
      expect.objectContaining({ code: 'NOT_OBSERVED', path: 'x.activation_post_process' }),
    )
  })

  test('hooks stay with the layer', async () => {
    const model = await learned('x86')
    const seen: string[] = []
    registerForwardHook(model, 'conv', ({ kind }) => void seen.push(kind))
    await run(convert(model), [x])
    await run(toFloat(model), [x])
    expect(seen).toEqual(['nniq.ConvReLU2d', 'nni.ConvReLU2d'])
  })
})

test('hooks that have no place any more are noted', async () => {
  const model = await learned('x86')
  registerForwardHook(model, 'conv.bn', () => undefined)
  for (const result of [convert(model), toFloat(model)]) {
    expect(result.notes.map(({ path }) => path)).toEqual(['conv.bn'])
  }
})

test('a plugin says what becomes of a kind of its own', () => {
  const Own: Kind<'acme.Own', object, []> = kind('acme.Own', {
    create: () => ({ attrs: {} }),
    forward: (_ops, _module, y) => y,
  })
  const conversions = [{ from: Own, toFloat: () => Identity() }]
  const kindsAfter = (result: Model): string[] =>
    [...result.root.children.values()].map(({ kind: name }) => name)
  expect(kindsAfter(toFloat(Sequential([Own()]), { conversions }))).toEqual(['nn.Identity'])
  expect(kindsAfter(convert(Sequential([Own()]), { conversions }))).toEqual(['nn.Identity'])
  const quantize = (): AnyModule => ReLU()
  expect(
    kindsAfter(
      convert(Sequential([Own()]), { conversions: [{ from: Own, toFloat: () => Identity(), quantize }] }),
    ),
  ).toEqual(['nn.ReLU'])
})

test('a weight that was never seen gets the grid that it needs', async () => {
  const { root } = prepareQat(Sequential({ fc: manualSeed(0).Linear(2, 3) }), {
    default: { ...qconfigs.qat.x86, activation: { dtype: 'uint8' } },
  })
  const model = (await run(withoutWatching(root), [drawn(1, [4, 2])])).model
  const { weight, weightScale } = findModule(convert(model).root, 'fc').attrs as QuantizedAttrs
  expect(weightScale.shape).toEqual([3])
  const steps = await numbersOf(weight)
  for (const row of [0, 1, 2]) {
    expect(Math.max(...steps.slice(2 * row, 2 * row + 2).map(Math.abs))).toBeGreaterThanOrEqual(127)
  }
})

test('toFloat of a network: what the model computes without fake quantization', async () => {
  const model = await learned('x86')
  const float = toFloat(model)
  expect([...float.root.children.values()].map(({ kind }) => kind)).toEqual([
    'nni.ConvReLU2d',
    'nn.Conv2d',
    'nn.Add',
    'nn.ReLU',
    'nn.MaxPool2d',
    'nn.Flatten',
    'nn.Linear',
  ])
  const bn = findModule(model.root, 'conv.bn').attrs as BatchNormAttrs
  expect(await numbersOf(bn.numBatchesTracked)).toEqual([2])
  const [quantized, plain] = [await outputsOf(model), await outputsOf(float)]
  for (const [i, one] of plain.entries()) expect(Math.abs((quantized[i] as number) - one)).toBeLessThan(0.1)
})
