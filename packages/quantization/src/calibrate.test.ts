import {
  type AnyModule,
  Conv2d,
  floatTensor,
  inference,
  type Model,
  manualSeed,
  ReLU,
  Sequential,
  stateInputs,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { fuse, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn } from '../test/golden.js'
import { openOnnxRuntime } from '../test/open-onnxruntime.js'
import {
  calibrate,
  fakeQuantize,
  layerSensitivity,
  mergeObserverStates,
  minMax,
  type OpenModel,
  observe,
  observerStates,
  prepareQat,
  type QConfig,
  qconfigs,
  SignalToNoise,
} from './index.js'

const shape = [2, 3, 6, 6]
const { activation, weight } = qconfigs.calibration.onnxruntime
const extremes: QConfig = { activation: { ...activation, observer: minMax() }, weight }

const network = (): AnyModule => {
  const nn = manualSeed(4)
  const layers = { a: nn.Conv2d(3, 4, 3), bn: nn.BatchNorm2d(4), relu: ReLU(), b: nn.Conv2d(4, 2, 1) }
  return stateInputs(inference(Sequential(layers)), [{ dtype: 'float32', shape }])
}

const prepared = (config: QConfig = extremes): Model => {
  const { model } = fuse(network(), { plugins: qatPlugins() })
  return prepareQat(model, { default: config })
}

/** Models run as they are. */
const openRuntime: OpenModel = async (model) => ({
  run: async (inputs) => (await run(model, inputs)).outputs,
  close: async () => undefined,
})

const batches = [1, 2, 3].map((seed) => [drawn(seed, shape)])

interface Seen {
  readonly min: number[]
  readonly max: number[]
}

const seen = (model: Model): Record<string, Seen> =>
  Object.fromEntries(observerStates(model.root).map(({ path, state }) => [path, state as Seen]))

describe('calibrate', () => {
  test('observers see what they see when the model runs without fake quantization', async () => {
    let model = prepared()
    model = model.with(fakeQuantize(model.root, false))
    for (const batch of batches) model = (await run(model, batch)).model
    const wanted = seen(model)
    for (const open of [openOnnxRuntime, openRuntime]) {
      const given = seen(await calibrate(prepared(), batches, open))
      expect(Object.keys(given)).toEqual(Object.keys(wanted))
      for (const [path, { min, max }] of Object.entries(wanted)) {
        for (const [i, low] of min.entries()) {
          expect(given[path]?.min[i]).toBeCloseTo(low, 5)
          expect(given[path]?.max[i]).toBeCloseTo(max[i] as number, 5)
        }
      }
    }
  })

  test('parts of the data give what all of it gives, in any order', async () => {
    const config = qconfigs.calibration.onnxruntime
    const all = await calibrate(prepared(config), batches, openOnnxRuntime)
    const parts = await Promise.all(
      batches.map((batch) => calibrate(prepared(config), [batch], openOnnxRuntime)),
    )
    const [first, ...others] = [...parts].reverse() as [Model, ...Model[]]
    const merged = mergeObserverStates(first.root, ...others.map(({ root }) => observerStates(root)))
    expect(observerStates(merged)).toEqual(observerStates(all.root))
  })

  test('goes on from what was seen before, and takes batches as they come', async () => {
    async function* later() {
      for (const batch of batches.slice(1)) yield await Promise.resolve(batch)
    }
    const begun = await calibrate(prepared(), batches.slice(0, 1), openOnnxRuntime)
    const all = await calibrate(prepared(), batches, openOnnxRuntime)
    expect(seen(await calibrate(begun, later(), openOnnxRuntime))).toEqual(seen(all))
  })

  test('leaves observers that do not watch as they are', async () => {
    const model = prepared()
    const still = model.with(observe(model.root, false))
    expect(observerStates((await calibrate(still, batches, openOnnxRuntime)).root)).toEqual(
      observerStates(model.root),
    )
  })

  test('needs inputs', async () => {
    await expect(calibrate(prepared(), [], openOnnxRuntime)).rejects.toMatchObject({ code: 'NO_BATCHES' })
    await expect(layerSensitivity(prepared(), [], openOnnxRuntime)).rejects.toMatchObject({
      code: 'NO_BATCHES',
    })
  })

  test('says where NaN is, and closes what it opened', async () => {
    const closed: string[] = []
    const open: OpenModel = async (model) => {
      const opened = await openOnnxRuntime(model)
      return { ...opened, close: () => opened.close().then(() => void closed.push('closed')) }
    }
    const nan = [floatTensor(new Float32Array(216).fill(Number.NaN), shape)]
    await expect(calibrate(prepared(), [nan], open)).rejects.toMatchObject({
      code: 'NAN_OBSERVED',
      path: 'x.activation_post_process',
    })
    expect(closed).toEqual(['closed'])
  })
})

describe('layerSensitivity', () => {
  const pointwise = (outputs: number, inputs: number, value: (i: number) => number): AnyModule =>
    Conv2d({
      weight: floatTensor(
        Array.from({ length: outputs * inputs }, (_, i) => value(i)),
        [outputs, inputs, 1, 1],
      ),
    })

  test('the layer that loses most comes first, and each is quantized alone', async () => {
    const layers = {
      silent: pointwise(4, 3, (i) => (i < 3 ? 0 : Math.sin(i))), // the first channel is always 0
      relu: ReLU(),
      // Its large weights meet that channel only; with one scale, all others are rounded to 0.
      bad: pointwise(4, 4, (i) => (i % 4 === 0 ? 20 : 0.02 * Math.cos(i))),
      last: pointwise(2, 4, (i) => Math.sin(3 * i)),
    }
    const model = stateInputs(inference(Sequential(layers)), [{ dtype: 'float32', shape }])
    const config: QConfig = { activation, weight: { ...weight, axis: null } }
    const calibrated = await calibrate(
      prepareQat(fuse(model).model, { default: config }),
      batches,
      openOnnxRuntime,
    )
    const rows = await layerSensitivity(calibrated, batches, openOnnxRuntime)
    expect(rows.map(({ path }) => path).sort()).toEqual(['bad', 'last', 'silent'])
    expect(rows[0]?.path).toBe('bad')
    expect(rows.every(({ decibels }) => Number.isFinite(decibels))).toBe(true)
    expect(rows[0]?.decibels).toBeLessThan((rows[1]?.decibels as number) - 5)
    // Alone, the others lose little, also those behind it.
    expect(rows[1]?.decibels).toBeGreaterThan(30)
  })

  test('is the same in ONNX Runtime and here', async () => {
    const calibrated = await calibrate(prepared(), batches, openOnnxRuntime)
    const [here, there] = [
      await layerSensitivity(calibrated, batches, openRuntime),
      await layerSensitivity(calibrated, batches, openOnnxRuntime),
    ]
    expect(here.map(({ path }) => path)).toEqual(there.map(({ path }) => path))
    for (const [i, { decibels }] of here.entries()) {
      expect(Math.abs((there[i]?.decibels as number) - decibels)).toBeLessThan(1)
    }
  })
})

test('decibels of a signal and its noise', () => {
  const ratio = new SignalToNoise()
  ratio.add([3, 4], [3, 4])
  expect(ratio.decibels).toBe(Number.POSITIVE_INFINITY)
  ratio.add([0], [0.5])
  expect(ratio.decibels).toBeCloseTo(20, 10)
})
