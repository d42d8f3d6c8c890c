import {
  type AnyModule,
  findModule,
  loadStateDict,
  manualSeed,
  Sequential,
  stateDict,
  train,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import {
  type FakeQuantizeAttrs,
  fakeQuantize,
  histogram,
  mergeObserverStates,
  minMax,
  type ObserverState,
  observe,
  observerStates,
  prepareQat,
  type QConfig,
  qconfigs,
} from './index.js'

const network = (): AnyModule => {
  const nn = manualSeed(0)
  return Sequential({ conv: nn.Conv2d(2, 3, 1), other: nn.Conv2d(3, 2, 1) })
}

const calibrating = (config: QConfig): AnyModule =>
  fakeQuantize(prepareQat(network(), { default: config }).root, false)

const batch = (seed: number) => drawn(seed, [2, 2, 3, 3], (x) => x * seed)

/** What the observers have seen after some batches, sent as text. */
const calibrated = async (config: QConfig, ...seeds: readonly number[]): Promise<ObserverState[]> => {
  let model = calibrating(config)
  for (const seed of seeds) model = (await run(model, [batch(seed)])).model
  return JSON.parse(JSON.stringify(observerStates(model)))
}

const config: QConfig = {
  activation: { dtype: 'uint8', observer: histogram({ bins: 128 }) },
  weight: { dtype: 'int8', scheme: 'symmetric', axis: 0, observer: minMax() },
}

const qparams = (model: AnyModule): Promise<number[][]> =>
  Promise.all(
    [...stateDict(model)].filter(([key]) => /scale|zero_point/.test(key)).map(([, one]) => numbersOf(one)),
  )

describe('calibrating on several machines', () => {
  test('gives what one machine gives, in any order', async () => {
    const whole = await calibrated(config, 1, 2, 3, 4)
    const shards = [await calibrated(config, 3), await calibrated(config, 4, 1), await calibrated(config, 2)]
    const model = mergeObserverStates(calibrating(config), ...shards)
    expect(observerStates(model)).toEqual(whole)
    expect(observerStates(mergeObserverStates(calibrating(config), ...shards.reverse()))).toEqual(whole)
    expect(await qparams(model)).toEqual(await qparams(mergeObserverStates(calibrating(config), whole)))
  })

  test('a machine that saw nothing changes nothing', async () => {
    const whole = await calibrated(config, 1)
    const merged = mergeObserverStates(calibrating(config), whole, await calibrated(config))
    expect(observerStates(merged)).toEqual(whole)
  })

  test('is refused for averages, whose result depends on the order', async () => {
    const shards = [await calibrated(qconfigs.qat.x86, 1), await calibrated(qconfigs.qat.x86, 2)]
    expect(() => mergeObserverStates(calibrating(qconfigs.qat.x86), ...shards)).toThrow(
      expect.objectContaining({ code: 'CANNOT_MERGE', hint: expect.stringContaining('min-max') }),
    )
  })

  test('is refused where observers are not the same, with the path', async () => {
    const other = await calibrated(qconfigs.qat.x86, 1)
    expect(() => mergeObserverStates(calibrating(config), other)).toThrow(
      expect.objectContaining({ code: 'CANNOT_MERGE', path: expect.stringContaining('weight_fake_quant') }),
    )
  })
})

test('a model goes on from its state dict and the states of its observers', async () => {
  const fresh = train(prepareQat(network(), { default: qconfigs.qat.x86 }).root)
  const { model } = await run(fresh, [batch(1)])
  const again = mergeObserverStates(loadStateDict(fresh, stateDict(model)), observerStates(model))
  const [one, two] = [await run(model, [batch(2)]), await run(again, [batch(2)])]
  expect(await numbersOf(two.outputs[0])).toEqual(await numbersOf(one.outputs[0]))
  const { scale } = findModule(two.model, 'conv.weight_fake_quant').attrs as FakeQuantizeAttrs
  expect(scale.shape).toEqual([3])
})

test('the scales of a state dict are enough to run', async () => {
  const fresh = prepareQat(network(), { default: qconfigs.qat.x86 }).root
  const { model } = await run(fresh, [batch(1)])
  const loaded = observe(loadStateDict(fresh, stateDict(model)), false)
  const wanted = await run(observe(model, false), [batch(2)])
  expect(await numbersOf((await run(loaded, [batch(2)])).outputs[0])).toEqual(
    await numbersOf(wanted.outputs[0]),
  )
})
