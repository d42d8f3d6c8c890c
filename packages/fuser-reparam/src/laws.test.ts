import {
  Add,
  type AnyModule,
  Constant,
  floatTensor,
  graphModule,
  manualSeed,
  Sequential,
  train,
  withAttrs,
} from '@nnfuse/ir'
import { type RuleCases, testPlugin } from '@nnfuse/testing'
import type { Arbitrary } from 'fast-check'
import { test } from 'vitest'
import {
  added,
  type Branches,
  convAndInput,
  convAndNorm,
  convAndNorms,
  differences,
  normAndInput,
  pointwisePair,
  subtracted,
  sums,
  threeAdded,
  threeConvs,
  twoConvs,
  twoNorms,
} from '../test/arbitrary-branches.js'
import { reparam } from './index.js'

const nn = manualSeed(0)

type Where = keyof typeof sums

const input = [2, 4, 6, 6]
const same = (options = {}) => nn.Conv2d(4, 4, 3, { padding: 1, ...options })
const norm = () => nn.BatchNorm2d(4)

const training = /is in training mode; call inference\(model\) first$/
const statistics = /keeps no running statistics: it normalizes by each batch's own$/

/** Branches that do not become one, in each way in which they can be parts of a sum. */
const sumCases = (
  examples: readonly Arbitrary<Branches>[],
  where: Where,
  declined: readonly (readonly [a: AnyModule, b: AnyModule | undefined, reason: string | RegExp])[],
): RuleCases => ({
  fuses: examples.map((branches) => added(branches, where)),
  declines: declined.map(([a, b, reason]) => ({
    model: sums[where](b === undefined ? { a, input } : { a, b, input }),
    reason,
  })),
})

const half = withAttrs(same(), { weight: floatTensor(new Float32Array(144), [4, 4, 3, 3], 'float16') })

const casesOf = (where: Where): Record<string, RuleCases> => ({
  [`conv-branch${where}`]: sumCases([twoConvs, convAndNorm], where, [
    [train(same()), same(), training],
    [same(), train(norm()), training],
    [same(), nn.BatchNorm2d(4, { trackRunningStats: false }), statistics],
    [same(), half, /^the weights are of different types: float(32, float16|16, float32)$/],
    [same(), nn.Conv2d(4, 1, 1), /^[ab] gives [14] channels, [ab] [14]$/],
    [
      same({ paddingMode: 'reflect' }),
      nn.Conv2d(4, 4, [3, 1], { padding: [1, 0] }),
      /^[ab] pads with \w+ and [ab] with \w+$/,
    ],
    [
      nn.Conv2d(4, 4, [1, 3], { padding: [0, 1] }),
      nn.Conv2d(4, 4, [3, 1], { padding: [1, 0] }),
      /^[ab] and [ab] have 96 weights, one kernel for both would have 144$/,
    ],
    [
      nn.Conv2d(4, 4, 3, { padding: 1, groups: 4 }),
      nn.Conv2d(4, 4, 1),
      /^[ab] and [ab] have 52 weights, one kernel for both would have 144$/,
    ],
    [nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 1), /stay two: their paddings do not align their kernels$/],
    [
      nn.Conv2d(4, 4, 3, { padding: 1, stride: 2 }),
      nn.Conv2d(4, 4, 1),
      /stay two: of strides \d and \d, they do not look at the same places$/,
    ],
    [nn.Conv2d(4, 4, 3), norm(), 'a and b stay two: their paddings do not align their kernels'],
  ]),
  [`conv-input${where}`]: sumCases([convAndInput], where, [
    [train(same()), undefined, training],
    [nn.Conv2d(4, 4, 3), undefined, 'a and its input stay two: their paddings do not align their kernels'],
    [nn.Conv2d(1, 4, 1), undefined, 'a gives 4 channels, its input 1'],
  ]),
  [`bn-bn${where}`]: sumCases([twoNorms], where, [
    [norm(), train(norm()), training],
    [norm(), nn.BatchNorm2d(4, { trackRunningStats: false }), statistics],
  ]),
  [`bn-input${where}`]: sumCases([normAndInput], where, [
    [train(norm()), undefined, training],
    [nn.BatchNorm2d(4, { trackRunningStats: false }), undefined, statistics],
  ]),
})

const differenceCases = (
  examples: readonly Arbitrary<Branches>[],
  which: keyof typeof differences,
  b?: AnyModule,
): RuleCases => {
  const other = b && { b }
  return {
    fuses: examples.map((branches) => subtracted(branches, which)),
    declines: [
      { model: differences[which]({ a: train(same()), ...other, input }), reason: training },
      {
        model: differences[which]({ a: nn.Conv2d(4, 4, 3), ...other, input: [2, 4, 6, 6] }),
        reason: /stay two: their paddings do not align their kernels$/,
      },
    ],
  }
}

const plus = (branch: AnyModule, shape: readonly number[]): AnyModule =>
  graphModule({ branch, zero: Constant(floatTensor([0], shape)), add: Add() }, (m, x) =>
    m.add(m.zero(), m.branch(x)),
  )

testPlugin(
  reparam({ mergePointwise: true }),
  {
    'conv-branches': {
      fuses: [threeConvs, convAndNorms].map((branches) =>
        branches.map((drawn) => ({ model: threeAdded(drawn), inputs: [drawn.input] })),
      ),
      declines: [
        { model: threeAdded({ a: same(), b: norm(), c: train(norm()), input }), reason: training },
        {
          model: threeAdded({ a: same(), b: norm(), c: nn.Conv2d(4, 1, 1), input }),
          reason: /^[ac] gives [14] channels, [ac] [14]$/,
        },
      ],
    },
    ...casesOf(''),
    ...casesOf('-in-sum'),
    ...casesOf('-outside-sum'),
    ...casesOf('-in-sums'),
    'conv-minus-branch': differenceCases([twoConvs, convAndNorm], 'b', norm()),
    'bn-minus-conv': differenceCases([convAndNorm], 'a', norm()),
    'conv-minus-input': differenceCases([convAndInput], 'b'),
    'input-minus-conv': differenceCases([convAndInput], 'a'),
    'branch-zero': {
      fuses: [plus(same(), []), plus(norm(), [1])],
      declines: [
        {
          model: plus(same(), [1, 1, 1, 1, 1]),
          reason: 'the zero that is added may have more axes than what it is added to',
        },
      ],
    },
    'conv-pointwise': {
      fuses: [pointwisePair('second')],
      declines: [
        { model: Sequential([same(), train(nn.Conv2d(4, 4, 1))]), reason: training },
        {
          model: Sequential([same(), nn.Conv2d(4, 4, 1, { padding: 1 })]),
          reason: '1 pads: its border is no output of the other',
        },
        {
          model: Sequential([same({ groups: 4 }), nn.Conv2d(4, 4, 1)]),
          reason: '0 and 1 have 52 weights, one convolution would have 144',
        },
      ],
    },
    'pointwise-conv': {
      fuses: [pointwisePair('first')],
      declines: [
        { model: Sequential([train(nn.Conv2d(4, 4, 1)), same()]), reason: training },
        {
          model: Sequential([nn.Conv2d(4, 4, 1), same()]),
          reason: '1 pads with zeros, where 0 would give its bias',
        },
        {
          model: Sequential([nn.Conv2d(4, 4, 1, { padding: 1 }), same()]),
          reason: '0 pads: its border is no output of the other',
        },
        {
          model: Sequential([nn.Conv2d(4, 4, 1, { stride: 2, bias: false }), same()]),
          reason: '0 leaves out places that 1 would see',
        },
        {
          model: Sequential([nn.Conv2d(4, 2, 1, { bias: false }), nn.Conv2d(2, 4, 3)]),
          reason: '0 and 1 have 80 weights, one convolution would have 144',
        },
      ],
    },
  },
  { test, runs: 5 },
)
