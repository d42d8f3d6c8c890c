import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  BatchNorm2d,
  Cat,
  Constant,
  Conv2d,
  Conv3d,
  ConvReLU2d,
  Dropout,
  Flatten,
  floatTensor,
  graphModule,
  Identity,
  kind,
  Linear,
  MaxPool2d,
  Model,
  Mul,
  print,
  ReLU,
  ReLU6,
  Reshape,
  Sequential,
  type Tensor,
  train,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { batchNorm, close, failure, filled, float, run, single } from '../test/built-models.js'
import { graphIn } from '../test/conv-bn.js'
import { ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { documentOf, importOnnx, initializerTensors, onnxCounts, opsetOf, serializeOnnx } from './index.js'

describe('models that were built', () => {
  const block = (): AnyModule =>
    graphModule(
      {
        conv1: Conv2d({ weight: filled(3, 3, 3, 3), padding: 1 }),
        bn1: BatchNorm2d(batchNorm(3)),
        relu: ReLU(),
        add: Add(),
      },
      (m, x) => m.relu(m.add(m.bn1(m.conv1(x)), x)),
    )

  const network = (): Model =>
    new Model(
      graphModule(
        {
          stem: Sequential([
            Conv2d({ weight: filled(3, 2, 3, 3), bias: filled(3), stride: 2 }),
            ReLU6(),
            Identity(),
          ]),
          layer1: block(),
          scale: Constant(filled(1, 3, 1, 1)),
          mul: Mul(),
          cat: Cat(),
          pool: AdaptiveAvgPool2d({ outputSize: 1 }),
          flatten: Flatten(),
          drop: Dropout({ p: 0.1 }),
          fc: Linear({ weight: filled(4, 6), bias: filled(4) }),
        },
        (m, x) => {
          const y = m.layer1(m.stem(x))
          return m.fc(m.drop(m.flatten(m.pool(m.cat(y, m.mul(y, m.scale()))))))
        },
        { inputs: { x: float('batch', 2, 9, 9) } },
      ),
    )

  test('read back, they have the same layers at the same paths', async () => {
    const again = await importOnnx(await serializeOnnx(network()))
    expect(print(again.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (fc)
        stem.0: nn.Conv2d(2 -> 3, 3x3, stride 2) : stem.0 <- x
        stem.1: nn.ReLU6 : stem.1 <- stem.0
        stem.2: nn.Identity : stem.2 <- stem.1
        layer1.conv1: nn.Conv2d(3 -> 3, 3x3, padding 1, no bias) : layer1.conv1 <- stem.2
        layer1.bn1: nn.BatchNorm2d(3) : layer1.bn1 <- layer1.conv1
        layer1.add: nn.Add : layer1.add <- layer1.bn1, stem.2
        layer1.relu: nn.ReLU : layer1.relu <- layer1.add
        scale: nn.Constant(float32[1, 3, 1, 1]) : scale <- 
        mul: nn.Mul : mul <- layer1.relu, scale
        cat: nn.Cat(axis 1) : cat <- layer1.relu, mul
        pool: nn.AdaptiveAvgPool2d(1x1) : pool <- cat
        flatten: nn.Flatten : flatten <- pool
        drop: nn.Dropout(0.1) : drop <- flatten
        fc: nn.Linear(6 -> 4) : fc <- drop"
    `)
    expect(again.notes).toEqual([])
  })

  test('their initializers are named as in a state dict', () => {
    expect([...initializerTensors(network()).keys()]).toEqual([
      'stem.0.weight',
      'stem.0.bias',
      'stem.1.min',
      'stem.1.max',
      'layer1.conv1.weight',
      'layer1.bn1.weight',
      'layer1.bn1.bias',
      'layer1.bn1.running_mean',
      'layer1.bn1.running_var',
      'scale',
      'drop.ratio',
      'fc.weight',
      'fc.bias',
    ])
  })

  test('counts are those of the file', async () => {
    const bytes = await serializeOnnx(network())
    const again = await importOnnx(bytes)
    expect(onnxCounts(network())).toEqual(onnxCounts(again))
    expect(onnxCounts(network()).bytes).toBe(bytes.length)
    expect(documentOf(again)?.nodes).toHaveLength(onnxCounts(again).nodes)
  })

  test('a layer that is called twice is two nodes with one weight', async () => {
    const model = new Model(
      graphModule(
        { fc: Linear({ weight: filled(3, 3) }), relu: ReLU() },
        (m, x) => m.relu(m.fc(m.relu(m.fc(x)))),
        {
          inputs: { x: float(2, 3) },
        },
      ),
    )
    expect(onnxCounts(model)).toMatchObject({ nodes: 4, initializers: 1, parameters: 9 })
    const again = await importOnnx(await serializeOnnx(model))
    expect([...again.root.children.keys()]).toEqual(['fc', 'relu', 'fc_1', 'relu_1'])
  })

  test('a fused layer is the nodes of its parts', async () => {
    const fused = ConvReLU2d(Conv2d({ weight: filled(2, 2, 1, 1) }), ReLU())
    const again = await importOnnx(await serializeOnnx(single(fused, float(1, 2, 4, 4))))
    expect([...again.root.children].map(([path, { kind }]) => `${path} ${kind}`)).toEqual([
      'layer.0 nn.Conv2d',
      'layer.1 nn.ReLU',
    ])
  })

  test("a stranger's layer is written by its own forward", async () => {
    const Scale = kind('acme.Scale', {
      create: (factor: Tensor) => ({ attrs: { factor } }),
      forward: (ops, { attrs }, x) => ops.mul(x, ops.constant(attrs.factor)),
    })
    close(await run(single(Scale(floatTensor([3], [1])), float(2)), [2], [1, 2]), [3, 6])
  })

  test('several outputs, one of them an input', async () => {
    const root = graphModule({ relu: ReLU() }, (m, x) => [m.relu(x), x], { inputs: { x: float(2) } })
    const outputs = await runOnnx(await serializeOnnx(new Model(root)), { x: { dims: [2], values: [-1, 1] } })
    expect(Object.values(outputs).map(({ values }) => values)).toEqual([
      [0, 1],
      [-1, 1],
    ])
  })

  test('all spatial ranks, float64 and float16 keep their types', async () => {
    const conv = Conv3d({ weight: floatTensor(ramp(8), [1, 1, 2, 2, 2], 'float64') })
    const again = await importOnnx(
      await serializeOnnx(single(conv, { dtype: 'float64', shape: [1, 1, 3, 3, 3] })),
    )
    expect(documentOf(again)?.outputs[0]?.type).toEqual({ dtype: 'float64', shape: [1, 1, 2, 2, 2] })
    const half = single(ReLU6(), { dtype: 'float16', shape: [2] })
    expect([...initializerTensors(half).values()].map(({ dtype }) => dtype)).toEqual(['float16', 'float16'])
  })

  test('a size that is a product of symbols has no name in the file', async () => {
    const root = graphModule({ pairs: Reshape({ shape: [-1, 2] }) }, (m, x) => m.pairs(x), {
      inputs: { x: float('n', 4) },
    })
    const { input, output } = graphIn(await serializeOnnx(new Model(root)))
    expect([...input, ...output].map((info) => info.type?.value.value)).toMatchObject([
      { shape: { dim: [{ value: { value: 'n' } }, { value: { value: 4n } }] } },
      { shape: { dim: [{ value: { case: undefined } }, { value: { value: 2n } }] } },
    ])
  })

  test('options', async () => {
    const bytes = await serializeOnnx(single(ReLU(), float(1)), {
      opset: 17,
      irVersion: 8,
      producer: 'me',
      graphName: 'g',
    })
    const again = await importOnnx(bytes)
    expect(opsetOf(again)).toBe(17)
    expect(documentOf(again)?.index.model).toMatchObject({ irVersion: 8n, producerName: 'me' })
    expect(opsetOf(single(ReLU(), float(1)))).toBe(20)
  })

  test('types of inputs may be given when writing', async () => {
    const model = new Model(Sequential([ReLU()]))
    const error = await failure(serializeOnnx(model))
    expect(error).toMatchObject({ code: 'INPUT_TYPES_NEEDED', path: 'x' })
    const again = await importOnnx(await serializeOnnx(model, { inputs: { x: float(3) } }))
    expect(documentOf(again)?.inputs).toMatchObject([{ name: 'x', type: float(3) }])
  })
})

describe('what ONNX does not have', () => {
  const code = async (layer: AnyModule, opset = 20) =>
    await failure(serializeOnnx(single(layer, float(1, 2, 4, 4)), { opset }))

  test.each<[string, AnyModule, number, string]>([
    ['training', train(BatchNorm2d(batchNorm(2))), 20, 'training mode'],
    ['no statistics', BatchNorm2d({ numFeatures: 2 }), 20, 'no running statistics'],
    ['dropout in training', train(Dropout()), 20, 'training mode'],
    ['adaptive pools', AdaptiveAvgPool2d({ outputSize: 2 }), 20, 'size 1 only'],
    [
      'wrapping in old opsets',
      Conv2d({ weight: filled(2, 2, 1, 1), padding: 1, paddingMode: 'circular' }),
      18,
      'opset 19',
    ],
    ['ceil mode in old opsets', MaxPool2d({ kernelSize: 2, ceilMode: true }), 9, 'opset 10'],
    [
      'layers without a forward',
      kind('acme.Secret', { create: () => ({ attrs: {} }) })(),
      20,
      'what it computes',
    ],
    ['opset 6', ReLU(), 6, 'opset 6'],
  ])('%s', async (_, layer, opset, message) => {
    const error = await code(layer, opset)
    expect(error).toMatchObject({ code: 'CANNOT_EXPRESS', path: opset === 6 ? 'opset' : 'layer' })
    expect(error.message).toContain(message)
    expect(error.hint).toBeTruthy()
  })

  test('the error about training says what to call', async () => {
    expect((await code(train(BatchNorm2d(batchNorm(2))))).hint).toContain('inference(model)')
  })
})
