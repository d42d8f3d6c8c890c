import {
  Add,
  type AnyModule,
  type BatchNormAttrs,
  Constant,
  type ConvAttrs,
  Flatten,
  findModule,
  floatTensor,
  graphModule,
  Identity,
  inference,
  type Kind,
  kind,
  Linear,
  type LinearAttrs,
  loadStateDict,
  MaxPool2d,
  Model,
  type ModelLike,
  Mul,
  manualSeed,
  print,
  ReLU,
  readValues,
  registerForwardHook,
  replaceModules,
  Sequential,
  stateDict,
  type Tensor,
  train,
  walk,
} from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'
import { run } from '@nnfuse/runtime'
import fc from 'fast-check'
import { fuse, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, expectClose, numbersOf, readGolden } from '../test/golden.js'
import { type LayerCase, moduleOf, nameOf } from '../test/layer-case.js'
import { runOptimized } from '../test/run-optimized.js'
import {
  convert,
  type FakeQuantizeAttrs,
  fakeQuantize,
  minMax,
  observe,
  prepareQat,
  type QuantizedAttrs,
  qatConversions,
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

  test.each(['train', 'eval', 'frozen'] as const)('gives a layer in the mode it was in: %s', (mode) => {
    const ofMode = cases.filter((one) => one.mode === mode && one.quantized === 'channels')
    for (const kind of ['ConvBn2d', 'ConvBnReLU2d', 'LinearBn1d']) {
      const one = ofMode.find((candidate) => candidate.kind === kind) as LayerCase
      const [top] = [...toFloat(moduleOf(one)).root.children.values()]
      expect([...walk(top as AnyModule)].map(({ module }) => module.training)).toEqual(
        [...walk(top as AnyModule)].map(() => mode !== 'eval'),
      )
    }
  })

  test('computes what the layer computes in inference, both ways, without fake quantization', async () => {
    const eager = cases.filter(({ mode, quantized }) => mode === 'eval' && quantized !== 'float')
    for (const one of eager) {
      const module = fakeQuantize(await trained(one), false)
      const input = drawn(3, one.input)
      const [wanted, given] = [await run(module, [input]), await run(toFloat(module), [input])]
      const numbers = await numbersOf(wanted.outputs[0])
      const bound = 1e-5 * (1 + Math.max(...numbers.map(Math.abs)))
      for (const [i, x] of (await numbersOf(given.outputs[0])).entries()) {
        expect(Math.abs(x - (numbers[i] as number))).toBeLessThanOrEqual(bound)
      }
    }
    expect(eager.length).toBeGreaterThan(30)
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

  test('a weight as integers is within half a step of what it was', async () => {
    const weights = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 6, maxLength: 6 })
    const property = fc.asyncProperty(weights, fc.boolean(), async (values, perChannel) => {
      const weight = { dtype: 'int8', scheme: 'symmetric', min: -127, max: 127, observer: minMax() } as const
      const config = { ...qconfigs.qat.qnnpack, weight: perChannel ? { ...weight, axis: 0 } : weight }
      const layer = Linear({ weight: floatTensor(values, [2, 3]) })
      const { model } = await run(prepareQat(Sequential({ layer }), { default: config }), [drawn(1, [4, 3])])
      const attrs = findModule(convert(model).root, 'layer').attrs as QuantizedAttrs
      const [steps, scales] = [await numbersOf(attrs.weight), await numbersOf(attrs.weightScale)]
      for (const [i, x] of values.entries()) {
        const scale = (perChannel ? scales[Math.floor(i / 3)] : scales[0]) as number
        expect(Math.abs((steps[i] as number) * scale - Math.fround(x))).toBeLessThanOrEqual(0.5001 * scale)
      }
    })
    await fc.assert(property, { numRuns: 30 })
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

  test('scales of a state dict are enough, without what observers have seen', async () => {
    const model = await learned('x86')
    const { model: fused } = fuse(train(network()), { plugins: qatPlugins() })
    const fresh = prepareQat(fused, { default: qconfigs.qat.x86 })
    const loaded = inference(loadStateDict(fresh.root, stateDict(model.root)))
    expect(await outputsOf(convert(loaded))).toEqual(await outputsOf(convert(model)))
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

test('notes of the model stay, and each layer and grid in its mode', async () => {
  const note = { path: 'fc', what: 'nn.Linear', reason: 'somebody said so' }
  const model = await learned('x86')
  model.root = train(model.root)
  model.notes = [note]
  for (const result of [convert(model), toFloat(model)]) {
    expect(result.notes).toEqual([note])
    expect([...result.root.children.values()].every(({ training }) => training)).toBe(true)
  }
  const unfused = new Model(network())
  unfused.notes = [note]
  expect(prepareQat(unfused, { default: qconfigs.qat.x86 }).notes).toEqual([note])
})

test('hooks on the activation of a layer stay', async () => {
  const model = await learned('x86')
  const seen: string[] = []
  registerForwardHook(model, 'conv.activation', ({ kind }) => void seen.push(kind))
  for (const result of [convert(model), toFloat(model)]) {
    expect(result.notes).toEqual([])
    await run(result, [x])
  }
  expect(seen).toEqual(['nn.ReLU', 'nn.ReLU'])
})

test('a layer that is called on values of different grids keeps a float bias; of one grid it is int32', async () => {
  const nn = manualSeed(0)
  const twice = (scale: number): AnyModule =>
    graphModule(
      {
        fc: nn.Linear(2, 2),
        one: nn.Linear(2, 2),
        gain: Constant(floatTensor([scale], [])),
        mul: Mul(),
        add: Add(),
      },
      (m, y) => m.add(m.fc(m.one(y)), m.fc(m.mul(y, m.gain()))),
    )
  const biasOf = async (model: AnyModule): Promise<string | undefined> => {
    const seen = await run(prepareQat(model, { default: qconfigs.qat.onnxruntime }), [drawn(1, [4, 2])])
    return (findModule(convert(seen.model).root, 'fc').attrs as QuantizedAttrs).bias?.dtype
  }
  expect(await biasOf(twice(100))).toBe('float32')
  expect(await biasOf(Sequential({ fc: nn.Linear(2, 2) }))).toBe('int32')
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

test('what a plugin says comes before what we say of the same kind', async () => {
  const model = await learned('x86')
  const conversions = qatConversions
    .filter((row) => row.from.kind === findModule(model.root, 'fc').kind)
    .map((row) => ({ from: row.from, toFloat: () => Identity() }))
  for (const result of [convert(model, { conversions }), toFloat(model, { conversions })]) {
    expect(findModule(result.root, 'fc').kind).toBe('nn.Identity')
  }
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
