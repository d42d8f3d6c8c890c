import {
  loadStateDict,
  Model,
  manualSeed,
  ReLU,
  readSafetensors,
  Sequential,
  stateDict,
  writeSafetensors,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { fuseModules } from './fuse-modules.js'
import { fusedStateDict } from './fused-state-dict.js'

const network = (seed = 0) => {
  const nn = manualSeed(seed)
  return new Model(
    Sequential({
      conv: nn.Conv2d(1, 2, 1, { bias: false }),
      bn: nn.BatchNorm2d(2),
      relu: ReLU(),
      fc: nn.Linear(2, 2),
    }),
  )
}

test('every key of the fused model is explained by those of the unfused one', () => {
  const model = network()
  expect(fusedStateDict(model, fuseModules(model, ['conv', 'bn', 'relu']))).toEqual({
    entries: [
      { key: 'conv.0.weight', from: ['conv.weight', 'bn.running_var', 'bn.weight'], how: 'computed' },
      {
        key: 'conv.0.bias',
        from: ['bn.running_mean', 'bn.running_var', 'bn.weight', 'bn.bias'],
        how: 'computed',
      },
      { key: 'fc.weight', from: ['fc.weight'], how: 'same' },
      { key: 'fc.bias', from: ['fc.bias'], how: 'same' },
    ],
    dropped: ['bn.num_batches_tracked'],
  })
})

test('a checkpoint of the unfused model loads into the unfused tree, one of the fused into the fused', async () => {
  const fuse = (model: Model) => fuseModules(model, ['conv', 'bn', 'relu'])
  const saved = await readSafetensors(await writeSafetensors(stateDict(fuse(network(1)).root)))
  expect([...stateDict(loadStateDict(fuse(network()).root, saved)).values()]).toEqual([...saved.values()])
  const unfused = await readSafetensors(await writeSafetensors(stateDict(network(1).root)))
  expect(stateDict(loadStateDict(network().root, unfused))).toEqual(unfused)
})

test('a fused checkpoint in the unfused tree is refused with a hint', () => {
  const model = network()
  const saved = stateDict(fuseModules(model, ['conv', 'bn', 'relu']).root)
  try {
    loadStateDict(model.root, saved)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({
      code: 'BAD_STATE_DICT',
      hint: expect.stringContaining('fused'),
    })
  }
})
