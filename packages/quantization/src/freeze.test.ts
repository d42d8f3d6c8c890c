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
import { run } from '@nnfuse/runtime'
import { fuse, qatPlugins } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf } from '../test/golden.js'
import { freezeBatchNormStats, prepareQat, qconfigs, updateBatchNormStats } from './index.js'

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
})
