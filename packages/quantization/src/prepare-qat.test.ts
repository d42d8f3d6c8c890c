import {
  Add,
  type AnyModule,
  AvgPool2d,
  Conv2d,
  ConvReLU2d,
  Flatten,
  findModule,
  graphModule,
  type Kind,
  kind,
  Linear,
  type LinearAttrs,
  LinearReLU,
  MaxPool2d,
  Model,
  manualSeed,
  print,
  ReLU,
  registerForwardHook,
  registerForwardPreHook,
  Sequential,
  train,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { fuse, fuseModulesQat, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import {
  FakeQuantize,
  fakeQuantize,
  isQatModule,
  prepareQat,
  type QatSwap,
  type QConfigMapping,
  qatKinds,
  qconfigs,
} from './index.js'

const x86: QConfigMapping = { default: qconfigs.qat.x86 }

const residual = (): AnyModule => {
  const nn = manualSeed(0)
  return graphModule(
    {
      conv: nn.Conv2d(3, 4, 3, { padding: 1 }),
      bn: nn.BatchNorm2d(4),
      relu: ReLU(),
      conv2: nn.Conv2d(4, 4, 3, { padding: 1 }),
      add: Add(),
      relu2: ReLU(),
      pool: MaxPool2d({ kernelSize: 2 }),
      flat: Flatten(),
      fc: nn.Linear(16, 5),
    },
    (m, x) => {
      const y = m.relu(m.bn(m.conv(x)))
      return m.fc(m.flat(m.pool(m.relu2(m.add(m.conv2(y), y)))))
    },
  )
}

const fused = (model: AnyModule): Model => fuse(train(model), { plugins: qatPlugins() }).model

describe('prepareQat', () => {
  test('layers quantize their weight, and each value that kernels see is quantized once', () => {
    expect(print(prepareQat(fused(residual()), x86).root)).toMatchInlineSnapshot(`
      "nn.GraphModule [training] (x) -> (fc)
        conv: nniqat.ConvBnReLU2d(3 -> 4, 3x3, padding 1) [training] : relu.float <- x.quantized
          bn: nn.BatchNorm2d(4) [training]
          weight_fake_quant: ao.FakeQuantize(int8 -128 to 127, symmetric, axis 0, moving-average) [training]
          activation: nn.ReLU [training]
        conv2: nnqat.Conv2d(4 -> 4, 3x3, padding 1) [training] : conv2.float <- relu
          weight_fake_quant: ao.FakeQuantize(int8 -128 to 127, symmetric, axis 0, moving-average) [training]
        add: nn.Add [training] : add <- conv2, relu
        relu2: nn.ReLU [training] : relu2.float <- add
        pool: nn.MaxPool2d(2x2, stride 2x2) [training] : pool <- relu2
        flat: nn.Flatten [training] : flat <- pool
        fc: nnqat.Linear(16 -> 5) [training] : fc.float <- flat
          weight_fake_quant: ao.FakeQuantize(int8 -128 to 127, symmetric, axis 0, moving-average) [training]
        x.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : x.quantized <- x
        conv.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : relu <- relu.float
        conv2.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : conv2 <- conv2.float
        relu2.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : relu2 <- relu2.float
        fc.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : fc <- fc.float"
    `)
  })

  test('fake quantization and observers off: the same numbers as before, also in training', async () => {
    const before = fused(residual())
    const x = drawn(1, [2, 3, 4, 4])
    const plain = await run(before, [x])
    const prepared = await run(fakeQuantize(prepareQat(before, x86).root, false), [x])
    const [wanted, given] = [await numbersOf(plain.outputs[0]), await numbersOf(prepared.outputs[0])]
    for (const [i, one] of wanted.entries()) expect(given[i]).toBeCloseTo(one, 5)
  })

  test('each layer stays in its mode', () => {
    const root = prepareQat(Sequential([manualSeed(0).Linear(2, 2)]), x86).root
    expect(findModule(root, '0').training).toBe(false)
  })

  test('a layer that is called twice is prepared once, and each of its values is quantized', () => {
    const nn = manualSeed(0)
    const model = train(graphModule({ fc: nn.Linear(2, 2), relu: ReLU() }, (m, x) => m.fc(m.relu(m.fc(x)))))
    expect(print(prepareQat(model, x86).root)).toMatchInlineSnapshot(`
      "nn.GraphModule [training] (x) -> (fc_1)
        fc: nnqat.Linear(2 -> 2) [training] : fc <- x.quantized : fc_1.float <- relu
          weight_fake_quant: ao.FakeQuantize(int8 -128 to 127, symmetric, axis 0, moving-average) [training]
        relu: nn.ReLU [training] : relu.float <- fc
        x.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : x.quantized <- x
        relu.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : relu <- relu.float
        fc.activation_post_process: ao.FakeQuantize(uint8 0 to 127, affine, moving-average) [training] : fc_1 <- fc_1.float"
    `)
  })

  test('every float layer of the table becomes its own kind', () => {
    expect(new Set([...qatKinds.values()].map((one) => one.kind)).size).toBe(qatKinds.size)
    expect(qatKinds.get('nn.Conv1d')?.kind).toBe('nnqat.Conv1d')
    expect(qatKinds.get('nni.ConvReLU1d')?.kind).toBe('nniqat.ConvReLU1d')
    expect(qatKinds.get('nni.ConvBnReLU3d')?.kind).toBe('nniqat.ConvBnReLU3d')
    expect(qatKinds.get('nni.LinearBn1d')?.kind).toBe('nniqat.LinearBn1d')
    expect(qatKinds.get('nni.ConvTransposeBn2d')?.kind).toBe('nniqat.ConvTransposeBn2d')
  })

  test('a mean of quantized values is quantized again, and what no kernel takes is not', () => {
    const nn = manualSeed(0)
    const model = Sequential({
      avg0: AvgPool2d({ kernelSize: 2 }),
      conv: nn.Conv2d(1, 1, 1),
      avg: AvgPool2d({ kernelSize: 2 }),
    })
    const paths = [...prepareQat(model, x86).root.children].flatMap(([path, module]) =>
      FakeQuantize.is(module) ? [path] : [],
    )
    expect(paths).toEqual([
      'avg0.activation_post_process',
      'conv.activation_post_process',
      'avg.activation_post_process',
    ])
  })
})

describe('the mapping', () => {
  const nn = manualSeed(0)
  const model = Sequential({
    stem: Sequential({ conv: nn.Conv2d(1, 2, 1) }),
    block: Sequential({ conv: nn.Conv2d(2, 2, 1), other: nn.Conv2d(2, 2, 1) }),
    flat: Flatten(),
    fc: nn.Linear(2, 2),
  })
  const preparedPaths = (mapping: QConfigMapping): string[] =>
    [...prepareQat(model, mapping).root.children].flatMap(([path, module]) =>
      isQatModule(module) ? [path] : [],
    )
  const config = qconfigs.qat.qnnpack

  test.each<[string, QConfigMapping, string[]]>([
    ['nothing', {}, []],
    ['by default', { default: config }, ['stem.conv', 'block.conv', 'block.other', 'fc']],
    ['by name', { names: { fc: config } }, ['fc']],
    ['by the name of what it is in', { names: { block: config } }, ['block.conv', 'block.other']],
    ['a longer name first', { names: { block: config, 'block.conv': null } }, ['block.other']],
    ['by pattern', { patterns: [[/.*\.conv/, config]] }, ['stem.conv', 'block.conv']],
    ['by kind', { kinds: [[Linear, config]] }, ['fc']],
    ['names before kinds', { names: { fc: null }, kinds: [[Linear, config]] }, []],
    ['kinds before the default', { kinds: [[Conv2d, null]], default: config }, ['fc']],
  ])('%s', (_, mapping, paths) => {
    expect(preparedPaths(mapping)).toEqual(paths)
  })

  test('layers that are held together go by the first of them', () => {
    const held = Sequential([LinearReLU(nn.Linear(2, 2), ReLU())])
    expect(prepareQat(held, { kinds: [[Linear, config]] }).root.children.get('0')?.kind).toBe(
      'nniqat.LinearReLU',
    )
    const kinds: QConfigMapping['kinds'] = [
      [Linear, config],
      [LinearReLU, null],
    ]
    expect(prepareQat(held, { kinds }).root.children.get('0')?.kind).toBe('nni.LinearReLU')
  })

  test('refuses what is no qconfig', () => {
    expect(() => preparedPaths({ default: {} as typeof config })).toThrow(
      expect.objectContaining({
        code: 'REWRITE_FAILED',
        cause: expect.objectContaining({ code: 'BAD_QCONFIG' }),
      }),
    )
  })

  test('a weight has its scales along the axis of its channels, whichever that is', async () => {
    const layers = Sequential([nn.ConvTranspose2d(2, 3, 1)])
    const { root } = prepareQat(layers, x86)
    const { model } = await run(root, [drawn(1, [1, 2, 2, 2])])
    const fq = findModule(model, '0.weight_fake_quant')
    expect(FakeQuantize.is(fq) && [fq.attrs.spec.axis, fq.attrs.scale.shape]).toEqual([1, [3]])
  })
})

describe('hooks', () => {
  test('stay with the layer, in their order', async () => {
    const nn = manualSeed(0)
    const model = new Model(Sequential({ fc: nn.Linear(2, 2) }))
    const log: string[] = []
    registerForwardPreHook(model, 'fc', (module) => void log.push(`before ${module.kind}`))
    registerForwardHook(model, 'fc', (module) => void log.push(`after ${module.kind}`))
    registerForwardHook(model, 'fc', () => void log.push('after, too'))
    await run(prepareQat(model, x86), [drawn(1, [1, 2])])
    expect(log).toEqual(['before nnqat.Linear', 'after nnqat.Linear', 'after, too'])
  })

  test('of a layer that runs no more as itself keep it from being prepared, with a note', () => {
    const nn = manualSeed(0)
    const model = new Model(Sequential({ held: ConvReLU2d(nn.Conv2d(1, 1, 1), ReLU()) }))
    registerForwardHook(model, 'held.0', () => undefined)
    const prepared = prepareQat(model, x86)
    expect(prepared.root.children.get('held')?.kind).toBe('nni.ConvReLU2d')
    expect(prepared.notes.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'held: a hook on held.0 would be lost',
    ])
  })
})

test('a plugin prepares a kind of its own with a row', async () => {
  const Twice: Kind<'acme.Twice', LinearAttrs, [attrs: LinearAttrs]> = kind('acme.Twice', {
    create: (attrs) => ({ attrs }),
    forward: (ops, { attrs }, x) => ops.linear(ops.linear(x, attrs), attrs),
    parameters: { weight: 'weight', bias: 'bias' },
  })
  const TwiceQat: Kind<'acme.TwiceQat', LinearAttrs, [attrs: LinearAttrs, fakeQuantize: AnyModule]> = kind(
    'acme.TwiceQat',
    {
      create: (attrs, fq) => ({ attrs, children: new Map([['weight_fake_quant', fq]]) }),
      forward: (ops, { attrs, children }, x) => {
        const fq = children.get('weight_fake_quant') as AnyModule
        const [weight] = ops.call('weight_fake_quant', fq, [ops.constant(attrs.weight)])
        const given = { weight: weight as typeof x }
        return ops.linear(ops.linear(x, attrs, given), attrs, given)
      },
    },
  )
  const swap: QatSwap = {
    from: Twice,
    prepare: (module, { weight }) =>
      TwiceQat(module.attrs as LinearAttrs, FakeQuantize({ ...weight, axis: 0 })),
  }
  const twice = Twice({ weight: drawn(1, [2, 2]), bias: null })
  const { root } = prepareQat(Sequential({ twice }), x86, { swaps: [swap] })
  expect([...root.children.keys()]).toEqual([
    'twice',
    'x.activation_post_process',
    'twice.activation_post_process',
  ])
  await expect(run(root, [drawn(2, [1, 2])])).resolves.toBeDefined()
})

test('a row of a plugin comes before ours for the same kind', () => {
  const swap: QatSwap = { from: Linear, prepare: () => ReLU() }
  const { root } = prepareQat(Sequential({ fc: manualSeed(0).Linear(2, 2) }), x86, { swaps: [swap] })
  expect(root.children.get('fc')?.kind).toBe('nn.ReLU')
})

test('fusing by name, as torch documents it, then preparing', () => {
  const nn = manualSeed(0)
  const model = train(Sequential({ conv: nn.Conv2d(1, 2, 3), bn: nn.BatchNorm2d(2), relu: ReLU() }))
  const { root } = prepareQat(fuseModulesQat(model, ['conv', 'bn', 'relu']), x86)
  expect(root.children.get('conv')?.kind).toBe('nniqat.ConvBnReLU2d')
})
