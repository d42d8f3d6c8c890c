import { Conv2d, ConvBn2d, floatTensor, manualSeed, ReLU, Sequential, stateDict } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { drawn } from '../../test/golden.js'
import { prepareQat, type QatParts, qatKinds, qconfigs } from '../index.js'

const nn = manualSeed(0)
const weight = { dtype: 'int8', scheme: 'symmetric', axis: 0 } as const
const conv = Conv2d({ weight: drawn(1, [4, 2, 3, 3]), bias: floatTensor([1, 2, 3, 4], [4]) })

const made = (kind: string, parts: Omit<QatParts, 'weight'>) => qatKinds.get(kind)?.({ ...parts, weight })

// What torch's constructors and from_float refuse, and what they do not see.
describe('a layer is not made of what does not belong together', () => {
  test.each<[message: string, kind: string, parts: Omit<QatParts, 'weight'>]>([
    ['made of nn.Conv2d, not nn.Linear', 'nni.ConvBn2d', { layer: nn.Linear(2, 4), bn: nn.BatchNorm2d(4) }],
    ['normalizes 3 channels but is given 4', 'nni.ConvBn2d', { layer: conv, bn: nn.BatchNorm2d(3) }],
    ['is not affine', 'nni.ConvBn2d', { layer: conv, bn: nn.BatchNorm2d(4, { affine: false }) }],
    [
      'keeps no running statistics',
      'nni.ConvBn2d',
      { layer: conv, bn: nn.BatchNorm2d(4, { trackRunningStats: false }) },
    ],
  ])('%s', (message, kind, parts) => {
    expect(() => made(kind, parts)).toThrow(
      expect.objectContaining({ code: 'BAD_QAT_PARTS', message: expect.stringContaining(message) }),
    )
  })

  test('prepared with a whole model, such a layer stays in float, and a note says why', () => {
    const held = ConvBn2d(conv, nn.BatchNorm2d(4, { affine: false }))
    const prepared = prepareQat(Sequential({ held }), { default: qconfigs.qat.x86 })
    expect(prepared.root.children.get('held')).toBe(held)
    expect(prepared.notes.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'held: held: the batch-norm is not affine',
    ])
  })
})

test('parameters and statistics are those of the float layer, not copies', () => {
  const bn = nn.BatchNorm2d(4)
  const qat = made('nni.ConvBnReLU2d', { layer: conv, bn, activation: ReLU() })
  const state = stateDict(qat as NonNullable<typeof qat>)
  expect(state.get('weight')).toBe(conv.attrs.weight)
  expect(state.get('bias')).toBe(conv.attrs.bias)
  expect(state.get('bn.weight')).toBe(bn.attrs.weight)
  expect(state.get('bn.running_mean')).toBe(bn.attrs.runningMean)
  const whole = prepareQat(Sequential({ conv }), { default: qconfigs.qat.x86 })
  expect(stateDict(whole.root).get('conv.weight')).toBe(conv.attrs.weight)
})
