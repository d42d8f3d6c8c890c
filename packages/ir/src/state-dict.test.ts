import { expect, test } from 'vitest'
import { manualSeed } from './init/manual-seed.js'
import { ReLU } from './kinds/activations.js'
import { Sequential } from './kinds/containers.js'
import { ConvBnReLU2d } from './kinds/fused.js'
import { type AnyModule, type Kind, kind } from './module.js'
import { loadStateDict, stateDict } from './state-dict.js'
import type { Tensor } from './tensor.js'
import { floatTensor } from './tensor-values.js'

const layers = (seed: number) => {
  const nn = manualSeed(seed)
  return { conv: nn.Conv2d(1, 2, 1), bn: nn.BatchNorm2d(2), fc: nn.Linear(2, 3, { bias: false }) }
}

test('keys are those of torch, in its order', () => {
  expect([...stateDict(Sequential(layers(0))).keys()]).toEqual([
    'conv.weight',
    'conv.bias',
    'bn.weight',
    'bn.bias',
    'bn.running_mean',
    'bn.running_var',
    'bn.num_batches_tracked',
    'fc.weight',
  ])
})

test('layers of a fused container are keyed by their place in it', () => {
  const { conv, bn } = layers(0)
  const keys = [...stateDict(Sequential([ConvBnReLU2d(conv, bn, ReLU())])).keys()]
  expect(keys.slice(0, 3)).toEqual(['0.0.weight', '0.0.bias', '0.1.weight'])
})

test('a state dict loads into a model of the same shape', () => {
  const state = stateDict(Sequential(layers(1)))
  expect(stateDict(loadStateDict(Sequential(layers(0)), state))).toEqual(state)
})

test('missing and unexpected keys are named; strict: false takes what fits', () => {
  const model = Sequential(layers(0))
  const state = new Map([
    ['conv.bias', floatTensor([7, 8], [2])],
    ['other', floatTensor([], [0])],
  ])
  expect(() => loadStateDict(model, state)).toThrow('unexpected "other"')
  expect(() => loadStateDict(model, state)).toThrow('missing "conv.weight"')
  expect(stateDict(loadStateDict(model, state, { strict: false })).get('conv.bias')).toBe(
    state.get('conv.bias'),
  )
})

test('a tensor of another shape is refused', () => {
  const state = new Map([['conv.bias', floatTensor([1], [1])]])
  expect(() => loadStateDict(Sequential(layers(0)), state, { strict: false })).toThrow(
    '"conv.bias" is float32[1] in the state dict but float32[2] in the model',
  )
})

test('a module with a tensor of its own and a child with another gets both', () => {
  type Scaled = Kind<'acme.Scaled', { scale: Tensor }, [scale: Tensor, inner?: AnyModule]>
  const Scaled: Scaled = kind('acme.Scaled', {
    create: (scale, inner) => ({ attrs: { scale }, children: new Map(inner ? [['inner', inner]] : []) }),
    parameters: { scale: 'scale' },
  })
  const model = (value: number) => Scaled(floatTensor([value], [1]), Scaled(floatTensor([-value], [1])))
  const state = stateDict(model(2))
  expect(
    stateDict(
      loadStateDict(Sequential([model(1)]), new Map([...state].map(([key, one]) => [`0.${key}`, one]))),
    ),
  ).toEqual(stateDict(Sequential([model(2)])))
})
