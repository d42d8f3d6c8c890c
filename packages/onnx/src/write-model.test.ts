import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Cat,
  Constant,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvReLU2d,
  ConvTranspose2d,
  Dropout,
  Flatten,
  floatTensor,
  GELU,
  graphModule,
  Hardswish,
  Identity,
  isNnfuseError,
  kind,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Model,
  Mul,
  type NnfuseError,
  print,
  ReLU,
  ReLU6,
  Reshape,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
  type Tensor,
  train,
  type ValueType,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { graphIn } from '../test/conv-bn.js'
import { ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { documentOf, importOnnx, initializerTensors, onnxCounts, opsetOf, serializeOnnx } from './index.js'

const filled = (...shape: number[]): Tensor => floatTensor(ramp(shape.reduce((a, b) => a * b, 1)), shape)

const positive = (size: number): Tensor =>
  floatTensor(
    ramp(size).map((x) => x * x + 0.5),
    [size],
  )

const float = (...shape: (number | string)[]): ValueType => ({ dtype: 'float32', shape })

const batchNorm = (features: number) => ({
  numFeatures: features,
  weight: filled(features),
  bias: filled(features),
  runningMean: filled(features),
  runningVar: positive(features),
})

/** One layer as a model with the input x. */
const single = (layer: AnyModule, type: ValueType): Model =>
  new Model(graphModule({ layer }, (m, x) => m.layer(x), { inputs: { x: type } }))

const run = async (model: Model, dims: number[], values: ArrayLike<number>, opset?: number) => {
  const bytes = await serializeOnnx(model, opset === undefined ? {} : { opset })
  const [output] = Object.values(await runOnnx(bytes, { x: { dims, values } }))
  return output?.values ?? []
}

const failure = async (action: Promise<unknown>): Promise<NnfuseError> => {
  const error: unknown = await action.catch((caught: unknown) => caught)
  if (!isNnfuseError(error)) throw new Error(`expected an NnfuseError, got ${String(error)}`)
  return error
}

const close = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5)
}

const opsets = [7, 9, 10, 11, 13, 14, 17, 20, 21]
const xs = [-4, -2, -0.5, 0, 0.5, 2, 7]

const erf = (x: number): number => {
  // Abramowitz and Stegun 7.1.26, good to 1.5e-7
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return Math.sign(x) * (1 - series * Math.exp(-x * x))
}

describe('activations compute what they say, in every opset', () => {
  const cases: [AnyModule, (x: number) => number, number?][] = [
    [ReLU(), (x) => Math.max(x, 0)],
    [ReLU6(), (x) => Math.min(Math.max(x, 0), 6)],
    [Tanh(), Math.tanh],
    [Sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
    [SiLU(), (x) => x / (1 + Math.exp(-x))],
    [LeakyReLU({ negativeSlope: 0.2 }), (x) => (x < 0 ? 0.2 * x : x)],
    [Hardswish(), (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6],
    [GELU(), (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), 9],
    [
      GELU({ approximate: 'tanh' }),
      (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    [Dropout({ p: 0.3 }), (x) => x],
    [Identity(), (x) => x],
  ]

  test.each(cases.map((entry) => [entry[0].kind, ...entry] as const))(
    '%s',
    async (_, layer, compute, oldest = 7) => {
      for (const opset of opsets.filter((version) => version >= oldest)) {
        close(await run(single(layer, float(7)), [7], xs, opset), xs.map(compute))
      }
    },
  )
})

describe('layers compute what they say', () => {
  test('a convolution, by hand', async () => {
    const weight = floatTensor([1, 0, 0, -1], [1, 1, 2, 2])
    const conv = Conv2d({
      weight,
      bias: floatTensor([10], [1]),
      stride: [1, 2],
      padding: [
        [1, 0],
        [0, 1],
      ],
    })
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    // Rows -1..1, columns 0 and 2, zeros outside: x[r][c] - x[r + 1][c + 1] + 10
    const expected = [10 - 2, 10, 1 - 5 + 10, 3 + 10, 4 - 8 + 10, 6 + 10]
    close(await run(single(conv, float(1, 1, 3, 3)), [1, 1, 3, 3], x), expected)
  })

  test.each([
    ['reflect', [3, 2, 1, 2, 3, 2, 1]],
    ['replicate', [1, 1, 1, 2, 3, 3, 3]],
    ['circular', [2, 3, 1, 2, 3, 1, 2]],
  ] as const)('padding with %s', async (paddingMode, expected) => {
    const conv = Conv1d({ weight: floatTensor([1], [1, 1, 1]), padding: 2, paddingMode })
    close(await run(single(conv, float(1, 1, 3)), [1, 1, 3], [1, 2, 3]), expected)
  })

  test.each([
    ['same', [1 * 2 + 2 * 3, 2 * 2 + 3 * 3, 3 * 2]],
    ['same-lower', [1 * 3, 1 * 2 + 2 * 3, 2 * 2 + 3 * 3]],
  ] as const)('padding %s, the odd one at its end', async (padding, expected) => {
    const conv = Conv1d({ weight: floatTensor([2, 3], [1, 1, 2]), padding })
    close(await run(single(conv, float(1, 1, 3)), [1, 1, 3], [1, 2, 3]), expected)
  })

  test.each([
    ['same', [30, 41, 2, 3]],
    ['same-lower', [20, 30, 41, 2]],
  ] as const)('padding %s with dilation, the odd one at its end', async (padding, expected) => {
    const conv = Conv1d({ weight: floatTensor([1, 10], [1, 1, 2]), padding, dilation: 3 })
    close(await run(single(conv, float(1, 1, 4)), [1, 1, 4], [1, 2, 3, 4]), [...expected])
  })

  test('a batch-norm, affine and not', async () => {
    const statistics = { runningMean: floatTensor([1, 2], [2]), runningVar: floatTensor([4, 9], [2]), eps: 0 }
    const affine = { weight: floatTensor([2, 3], [2]), bias: floatTensor([5, 7], [2]) }
    const x = [3, 5, -1, 8]
    const plain = [1, 1, -1, 2]
    for (const opset of opsets) {
      const bare = BatchNorm1d({ numFeatures: 2, ...statistics })
      close(await run(single(bare, float(2, 2)), [2, 2], x, opset), plain)
      const full = BatchNorm1d({ numFeatures: 2, ...statistics, ...affine })
      close(await run(single(full, float(2, 2)), [2, 2], x, opset), [2 + 5, 3 + 7, -2 + 5, 6 + 7])
    }
  })

  test('a linear layer, of matrices and of more axes', async () => {
    const linear = Linear({
      weight: floatTensor([1, 2, 3, 4, 5, 6], [2, 3]),
      bias: floatTensor([10, 20], [2]),
    })
    const bare = Linear({ weight: linear.attrs.weight })
    const x = [1, 1, 1, 1, 0, -1]
    for (const opset of opsets) {
      close(await run(single(linear, float(2, 3)), [2, 3], x, opset), [16, 35, 8, 18])
      close(await run(single(linear, float(1, 2, 3)), [1, 2, 3], x, opset), [16, 35, 8, 18])
      close(await run(single(bare, float(2, 3)), [2, 3], x, opset), [6, 15, -2, -2])
    }
  })

  test('pools', async () => {
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const of = (layer: AnyModule) => run(single(layer, float(1, 1, 3, 3)), [1, 1, 3, 3], x)
    close(await of(MaxPool2d({ kernelSize: 2, stride: 1 })), [5, 6, 8, 9])
    close(await of(MaxPool2d({ kernelSize: 2, ceilMode: true })), [5, 6, 8, 9])
    close(await of(MaxPool2d({ kernelSize: 2, stride: 1, dilation: 2 })), [9])
    close(await of(AvgPool2d({ kernelSize: 2, stride: 1 })), [3, 4, 6, 7])
    close(await of(AvgPool2d({ kernelSize: 2, padding: 1 })), [0.25, 1.25, 2.75, 7])
    close(await of(AvgPool2d({ kernelSize: 2, padding: 1, countIncludePad: false })), [1, 2.5, 5.5, 7])
    close(await of(AdaptiveAvgPool2d({ outputSize: 1 })), [5])
  })

  test('a transposed convolution', async () => {
    const conv = ConvTranspose2d({
      weight: floatTensor([1, 2, 3, 4], [1, 1, 2, 2]),
      stride: 2,
      outputPadding: [1, 0],
    })
    close(
      await run(single(conv, float(1, 1, 1, 2)), [1, 1, 1, 2], [1, 10]),
      [1, 2, 10, 20, 3, 4, 30, 40, 0, 0, 0, 0],
    )
  })

  test('flattening some of the axes', async () => {
    const shapeOf = async (startAxis: number, endAxis: number) => {
      const bytes = await serializeOnnx(single(Flatten({ startAxis, endAxis }), float('n', 3, 4, 5)))
      const [output] = Object.values(await runOnnx(bytes, { x: { dims: [2, 3, 4, 5], values: ramp(120) } }))
      return output?.dims
    }
    expect(await shapeOf(1, -1)).toEqual([2, 60])
    expect(await shapeOf(2, -1)).toEqual([2, 3, 20])
    expect(await shapeOf(1, 2)).toEqual([2, 12, 5])
    expect(await shapeOf(0, 1)).toEqual([6, 4, 5])
  })
})

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
