import {
  type AnyModule,
  type BatchNormAttrs,
  findModule,
  inference,
  manualSeed,
  ReLU,
  Sequential,
  train,
} from '@nnfuse/ir'
import { type Loss, run, valueAndGrad } from '@nnfuse/runtime'
import { fuse, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import {
  fakeQuantize,
  freezeBatchNormStats,
  observe,
  prepareQat,
  qconfigs,
  slowForward,
  updateBatchNormStats,
} from './index.js'

type Value = Parameters<Loss>[0][number]

const prepared = (): AnyModule => {
  const nn = manualSeed(0)
  const model = Sequential({
    fc: nn.Linear(3, 4),
    bn: nn.BatchNorm1d(4),
    relu: ReLU(),
    last: nn.Linear(4, 2),
    bn2: nn.BatchNorm1d(2),
  })
  const { model: fused } = fuse(train(model), { plugins: qatPlugins() })
  return prepareQat(fused, { default: qconfigs.qat.x86 }).root
}

const countsAfterARun = async (model: AnyModule): Promise<number[]> => {
  const { model: after } = await run(model, [drawn(1, [5, 3])])
  const counts = ['fc.bn', 'last.bn'].map(
    (path) => (findModule(after, path).attrs as BatchNormAttrs).numBatchesTracked,
  )
  return (await Promise.all(counts.map(numbersOf))).flat()
}

describe('running statistics', () => {
  test('learn while the model trains, and not in inference', async () => {
    expect(await countsAfterARun(prepared())).toEqual([1, 1])
    expect(await countsAfterARun(inference(prepared()))).toEqual([0, 0])
  })

  test('frozen, they stay; also those of linear layers, which torch skips', async () => {
    expect(await countsAfterARun(freezeBatchNormStats(prepared()))).toEqual([0, 0])
  })

  test('train and inference do not thaw them', async () => {
    const frozen = freezeBatchNormStats(prepared())
    expect(await countsAfterARun(train(inference(frozen)))).toEqual([0, 0])
  })

  test('thawed, they learn again, also where the model is in inference', async () => {
    const frozen = freezeBatchNormStats(inference(prepared()))
    expect(await countsAfterARun(updateBatchNormStats(frozen))).toEqual([1, 1])
  })

  test('learn in the slow way by the mode of the batch-norm, not of the layer', async () => {
    const learning = updateBatchNormStats(inference(slowForward(prepared())))
    expect(await countsAfterARun(learning)).toEqual([1, 1])
    expect(await countsAfterARun(freezeBatchNormStats(train(learning)))).toEqual([0, 0])
  })

  test('frozen, the rest trains on: gamma and beta, weight and bias have gradients', async () => {
    const model = observe(fakeQuantize(freezeBatchNormStats(prepared()), false), false)
    const { gradients } = await valueAndGrad(model, [drawn(1, [5, 3])], ([y]) => (y as Value).sum())
    expect([...gradients.keys()].sort()).toEqual(
      ['fc', 'last'].flatMap((name) =>
        ['bias', 'bn.bias', 'bn.weight', 'weight'].map((key) => `${name}.${key}`),
      ),
    )
  })

  test('train and inference reach what quantizes the weight, also where statistics are frozen', () => {
    const frozen = freezeBatchNormStats(prepared())
    const modes = [train(frozen), inference(frozen)].map(
      (model) => findModule(model, 'fc.weight_fake_quant').training,
    )
    expect(modes).toEqual([true, false])
  })
})
