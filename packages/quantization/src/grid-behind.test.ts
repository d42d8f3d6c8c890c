import {
  type AnyModule,
  graphModule,
  inference,
  type Model,
  Mul,
  manualSeed,
  Sequential,
  Sigmoid,
  stateInputs,
  Tanh,
} from '@nnfuse/ir'
import { importOnnx, OnnxOp, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf, readGolden } from '../test/golden.js'
import { openOnnxRuntime } from '../test/open-onnxruntime.js'
import { runOptimized } from '../test/run-optimized.js'
import {
  calibrate,
  convert,
  FakeQuantize,
  type FakeQuantizeAttrs,
  fixedRange,
  mergeObserverStates,
  observerStates,
  prepareQat,
  type QuantBackend,
  qconfigs,
} from './index.js'

const nn = manualSeed(8)
const config = qconfigs.calibration.onnxruntime

const gridAt = ({ root }: Model, path: string): FakeQuantizeAttrs => {
  const found = root.children.get(`${path}.activation_post_process`)
  return (found as ReturnType<typeof FakeQuantize>).attrs
}

const numbersAt = async (model: Model, path: string) => {
  const { scale, zeroPoint, spec } = gridAt(model, path)
  const [[one], [zero]] = [await numbersOf(scale), await numbersOf(zeroPoint)]
  return { scale: one, zeroPoint: zero, dtype: spec.dtype, min: spec.min, max: spec.max }
}

const between = (layer: AnyModule): AnyModule => Sequential({ a: nn.Linear(4, 4), layer, b: nn.Linear(4, 4) })

interface GoldenCase {
  readonly backend: Exclude<QuantBackend, 'onnxruntime'>
  readonly training: boolean
  readonly module: 'Sigmoid' | 'Softmax' | 'Hardsigmoid' | 'Tanh'
  readonly scale: number
  readonly zeroPoint: number
  readonly dtype: string
  readonly min: number
  readonly max: number
}

/** A node of a file that no kind expresses. */
const operator = (opType: string): AnyModule =>
  OnnxOp({
    opType,
    domain: '',
    isStandard: true,
    node: { attribute: [] as never[] },
  } as unknown as Parameters<typeof OnnxOp>[0])

const activationOf: { readonly [M in GoldenCase['module']]: AnyModule } = {
  Sigmoid: Sigmoid(),
  Tanh: Tanh(),
  Softmax: operator('Softmax'),
  Hardsigmoid: operator('HardSigmoid'),
}

describe('torch puts on the same grid, before anything is seen', () => {
  const cases = readGolden<{ cases: GoldenCase[] }>('fixed-grids').cases
  test.each(cases)('$module for $backend, training: $training', async ({ backend, training, ...wanted }) => {
    const { module, dtype, ...grid } = wanted
    const qconfig = qconfigs[training ? 'qat' : 'calibration'][backend]
    const prepared = prepareQat(between(activationOf[module]), { default: qconfig })
    expect(dtype).toBe('torch.quint8')
    expect(await numbersAt(prepared, 'layer')).toEqual({ dtype: 'uint8', ...grid })
  })
})

test('an operator of somebody else is observed, whatever its name', () => {
  const other = OnnxOp({ opType: 'Softmax', domain: 'acme', isStandard: false } as Parameters<
    typeof OnnxOp
  >[0])
  const prepared = prepareQat(between(other), { default: config })
  expect(gridAt(prepared, 'layer').observer.name).toBe('histogram')
})

test('a layer that holds its activation is on the grid of that', async () => {
  const held = fuse(inference(Sequential([nn.Linear(4, 4), Tanh()]))).model
  expect([...held.root.children.values()].map(({ kind }) => kind)).toEqual(['nni.LinearTanh'])
  const [path = ''] = held.root.children.keys()
  const prepared = prepareQat(held, { default: config })
  expect(await numbersAt(prepared, path)).toMatchObject({ scale: 2 / 256, zeroPoint: 128 })
})

test('with int8 the grid is the same, its zero point in the middle of int8', async () => {
  const int8 = { ...config, activation: { ...config.activation, dtype: 'int8' } } as const
  const zeroPoints = { Sigmoid: -128, Tanh: 0 }
  for (const name of ['Sigmoid', 'Tanh'] as const) {
    const prepared = prepareQat(between(activationOf[name]), { default: int8 })
    expect(await numbersAt(prepared, 'layer')).toMatchObject({ dtype: 'int8', zeroPoint: zeroPoints[name] })
  }
})

test('in ONNX Runtime a gate runs on integers', async () => {
  const gate = graphModule({ a: nn.Conv2d(2, 2, 1), sigmoid: Sigmoid(), mul: Mul() }, (m, x) => {
    const y = m.a(x)
    return m.mul(y, m.sigmoid(y))
  })
  const shape = [1, 2, 4, 4]
  const stated = stateInputs(inference(gate), [{ dtype: 'float32', shape }])
  const x = drawn(3, shape)
  const prepared = prepareQat(await importOnnx(await serializeOnnx(stated, { opset: 17 })), {
    default: config,
  })
  const integers = convert(await calibrate(prepared, [[x]], openOnnxRuntime))
  const values = Float32Array.from(await numbersOf(x))
  const { operators } = await runOptimized(await serializeOnnx(integers), { x: [values, shape] })
  expect(operators.filter((one) => one.startsWith('Q')).sort()).toEqual([
    'QLinearConv',
    'QLinearMul',
    'QLinearSigmoid',
    'QuantizeLinear',
  ])
})

describe('a fixed range', () => {
  const made = FakeQuantize({ dtype: 'uint8', observer: fixedRange(-2, 2) })

  test('is not moved by what is seen, and does not watch', () => {
    const { observer, state, observing } = made.attrs
    expect(observing).toBe(false)
    expect(observer.observe(state, [100], [1], null)).toEqual(state)
    expect(observer.range(state, made.attrs.spec)).toEqual({ min: [-2], max: [2] })
  })

  test('merges with itself, but not with another', () => {
    const other = FakeQuantize({ dtype: 'uint8', observer: fixedRange(0, 2) })
    expect(observerStates(mergeObserverStates(made, observerStates(made)))).toEqual(observerStates(made))
    expect(() => mergeObserverStates(made, observerStates(other))).toThrow(
      expect.objectContaining({ code: 'CANNOT_MERGE' }),
    )
  })
})
