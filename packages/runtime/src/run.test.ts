import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  BatchNorm2d,
  Cat,
  Constant,
  Conv2d,
  ConvAddReLU2d,
  Dropout,
  deferredTensor,
  elementCount,
  encode,
  Flatten,
  floatTensor,
  GraphModule,
  graphModule,
  type Kind,
  kind,
  Linear,
  loadStateDict,
  MaxPool2d,
  Mul,
  ReLU,
  readValues,
  Sequential,
  stateDict,
  Tanh,
  type Tensor,
  tensorOf,
  train,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { drawn, expectGolden, golden, positive } from '../test/golden.js'
import { type RunInput, run } from './index.js'

const hadFloat16Array = 'Float16Array' in globalThis

const numbers = async (tensor: Tensor | undefined): Promise<number[]> =>
  Array.from(await readValues(tensor as Tensor), Number)

const outputOf = async (model: AnyModule, ...inputs: RunInput[]): Promise<number[]> =>
  numbers((await run(model, inputs)).outputs[0])

const zeros = (...shape: number[]): Tensor => floatTensor(new Float32Array(elementCount(shape)), shape)

const conv = (inputs: number, outputs: number, kernel: number, stride = 1, bias = false): AnyModule =>
  Conv2d({
    weight: zeros(outputs, inputs, kernel, kernel),
    bias: bias ? zeros(outputs) : null,
    stride,
    padding: (kernel - 1) / 2,
  })

const bn = (features: number): AnyModule =>
  BatchNorm2d({
    numFeatures: features,
    weight: zeros(features),
    bias: zeros(features),
    runningMean: zeros(features),
    runningVar: zeros(features),
    numBatchesTracked: tensorOf('int64', [], new Uint8Array(8)),
  })

const block = (inputs: number, outputs: number, stride: number): AnyModule => {
  const layers = {
    conv1: conv(inputs, outputs, 3, stride),
    bn1: bn(outputs),
    conv2: conv(outputs, outputs, 3),
    bn2: bn(outputs),
    relu: ReLU(),
    add: Add(),
  }
  if (inputs === outputs) {
    return graphModule(layers, (m, x) => m.relu(m.add(m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x)))))), x)))
  }
  return graphModule({ ...layers, downsample: conv(inputs, outputs, 1, stride) }, (m, x) =>
    m.relu(m.add(m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x)))))), m.downsample(x))),
  )
}

/** The network of scripts/python/golden_forward.py. */
const residual = (): AnyModule => {
  const net = Sequential({
    conv: conv(3, 4, 3, 1, true),
    bn: bn(4),
    relu: ReLU(),
    pool: MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
    layer1: block(4, 4, 1),
    layer2: block(4, 6, 2),
    average: AdaptiveAvgPool2d({ outputSize: 1 }),
    flatten: Flatten(),
    fc: Linear({ weight: zeros(5, 6), bias: zeros(5) }),
  })
  const entries = [...stateDict(net)].map(([key, tensor], k): [string, Tensor] => {
    if (tensor.dtype === 'int64') return [key, tensor]
    const change = key.endsWith('running_var') ? positive : (x: number) => 0.6 * x
    return [key, drawn(20 + k, tensor.shape, 'float32', change)]
  })
  return loadStateDict(net, new Map(entries))
}

describe('a residual network', () => {
  test('in inference computes what torch computes', async () => {
    const { outputs } = await run(residual(), [drawn(1, golden.residual.input)])
    await expectGolden(outputs[0], golden.residual.inference)
  })

  test('in training computes what torch computes and tracks the same statistics', async () => {
    const { outputs, model } = await run(train(residual()), [drawn(1, golden.residual.input)])
    await expectGolden(outputs[0], golden.residual.training)
    const state = stateDict(model)
    for (const [key, wanted] of Object.entries(golden.residual.state)) {
      await expectGolden(state.get(key), wanted)
    }
  })
})

describe('values', () => {
  test('used several times, also by one layer, are there each time', async () => {
    const model = graphModule({ add: Add(), mul: Mul(), cat: Cat({ axis: 0 }) }, (m, x) =>
      m.cat(x, m.add(x, x), m.mul(x, m.add(x, x)), x),
    )
    expect(await outputOf(model, floatTensor([3], [1]))).toEqual([3, 6, 18, 3])
  })

  test('may be outputs several times, and inputs at once', async () => {
    const graph = { inputs: ['x', 'unused'], calls: [], outputs: ['x', 'x'], types: new Map() }
    const { outputs } = await run(GraphModule(new Map(), graph), [
      floatTensor([7], [1]),
      floatTensor([8], [1]),
    ])
    expect(await Promise.all(outputs.map(numbers))).toEqual([[7], [7]])
  })

  test('of several outputs of a layer keep apart', async () => {
    const Both: Kind<'t.Both', Record<never, never>, []> = kind('t.Both', {
      create: () => ({ attrs: {} }),
      forward: (ops, _module, x) => ({ outputs: [ops.add(x, x), ops.mul(x, x)] }),
    })
    const graph = {
      inputs: ['x'],
      calls: [
        { target: 'both', inputs: ['x'], outputs: ['sum', 'square'] },
        { target: 'cat', inputs: ['square', 'sum'], outputs: ['y'] },
      ],
      outputs: ['y'],
      types: new Map(),
    }
    const model = GraphModule(
      new Map<string, AnyModule>([
        ['both', Both()],
        ['cat', Cat({ axis: 0 })],
      ]),
      graph,
    )
    expect(await outputOf(model, floatTensor([5], [1]))).toEqual([25, 10])
  })

  test('reach a fused layer with two inputs', async () => {
    const fused = ConvAddReLU2d(Conv2d({ weight: floatTensor([2], [1, 1, 1, 1]) }), ReLU())
    const output = outputOf(fused, floatTensor([1, 2], [1, 1, 1, 2]), floatTensor([-9, 1], [1, 1, 1, 2]))
    expect(await output).toEqual([0, 5])
  })
})

describe('dtypes', () => {
  test('float16 and bfloat16 are computed in float32', async () => {
    const model = Linear({ weight: floatTensor([0.5, 2], [1, 2], 'bfloat16') })
    const { outputs } = await run(model, [floatTensor([3, 4], [1, 2], 'float16')])
    expect(outputs[0]?.dtype).toBe('float32')
    expect(await numbers(outputs[0])).toEqual([9.5])
  })

  test('float64 is float64, and leaves no global behind', async () => {
    const model = Sequential([Linear({ weight: floatTensor([1, 1], [1, 2], 'float64') }), Tanh()])
    const { outputs } = await run(model, [{ data: Float64Array.of(1e-12, 0.25), shape: [1, 2] }])
    expect(outputs[0]?.dtype).toBe('float64')
    expect(await numbers(outputs[0])).toEqual([Math.tanh(0.25 + 1e-12)])
    expect('Float16Array' in globalThis).toBe(hadFloat16Array)
  })

  test('integers add as integers, and int64 is refused', async () => {
    const { outputs } = await run(Add(), [
      { data: Int8Array.of(100), shape: [1] },
      { data: Uint8Array.of(200), shape: [1] },
    ])
    expect(outputs[0]?.dtype).toBe('int32')
    expect(await numbers(outputs[0])).toEqual([300])
    const long = tensorOf('int64', [1], new Uint8Array(8))
    await expect(run(ReLU(), [long])).rejects.toMatchObject({ code: 'DTYPE_UNSUPPORTED' })
  })

  test('weights that are deferred or scalar are read', async () => {
    const base = floatTensor([1, 2], [1, 2])
    const doubled = deferredTensor('float32', [1, 2], [base], () => encode([2, 4], 'float32'))
    const model = Sequential([Linear({ weight: doubled })])
    expect(await outputOf(model, floatTensor([1, 1], [1, 2]))).toEqual([6])
    const plus = graphModule({ add: Add(), one: Constant(floatTensor([1], [])) }, (m, x) => m.add(x, m.one()))
    expect(await outputOf(plus, floatTensor([1, 2], [2]))).toEqual([2, 3])
  })
})

describe('dropout in training', () => {
  const big = floatTensor(new Float32Array(2000).fill(1), [2000])
  const dropped = async (p: number, seed?: number): Promise<number[]> =>
    numbers((await run(train(Dropout({ p })), [big], seed === undefined ? {} : { seed })).outputs[0])

  test('drops as many as it says and scales the rest', async () => {
    const values = await dropped(0.25, 3)
    const kept = values.filter((value) => value !== 0)
    expect(new Set(kept)).toEqual(new Set([Math.fround(4 / 3)]))
    expect(kept.length / 2000).toBeCloseTo(0.75, 1)
  })

  test('is decided by the seed, and differs from layer to layer', async () => {
    expect(await dropped(0.5, 1)).toEqual(await dropped(0.5, 1))
    expect(await dropped(0.5, 1)).not.toEqual(await dropped(0.5, 2))
    const twice = Sequential([Dropout(), Dropout()])
    const kept = (await outputOf(train(twice), big)).filter((value) => value === 4).length
    expect(kept / 2000).toBeCloseTo(0.25, 1)
  })

  test('at 0 and at 1', async () => {
    expect(new Set(await dropped(0))).toEqual(new Set([1]))
    expect(new Set(await dropped(1))).toEqual(new Set([0]))
  })
})

describe('large models', () => {
  test('a chain of 20,000 layers runs', async () => {
    const model = Sequential(Array.from({ length: 20_000 }, () => ReLU()))
    expect(await outputOf(model, floatTensor([-1, 2], [2]))).toEqual([0, 2])
  })

  test('20,000 nested containers run', async () => {
    let model: AnyModule = Tanh()
    for (let i = 0; i < 20_000; i += 1) model = Sequential([model])
    expect(await outputOf(model, floatTensor([0.5], [1]))).toEqual([expect.closeTo(Math.tanh(0.5), 6)])
  })
})
