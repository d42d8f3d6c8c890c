import {
  Add,
  type AnyModule,
  BatchNorm2d,
  BNReLU2d,
  Conv2d,
  ConvReLU2d,
  Flatten,
  flatten,
  graphModule,
  Linear,
  manualSeed,
  ReLU,
  Sequential,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { apply } from './apply.js'
import { explain, explainer } from './explain.js'
import type { Taken } from './history.js'
import { leftovers } from './leftovers.js'
import { plan } from './plan.js'
import { type Rule, rule } from './rule.js'
import { where } from './slot.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)

const convBn = rule('conv-bn', [Conv2d, BatchNorm2d], (layer) => layer, { eliminates: [BatchNorm2d] })
const convBnRelu = rule(
  'conv-bn-relu',
  [Conv2d, BatchNorm2d, ReLU],
  (layer, _bn, relu) => ConvReLU2d(layer, relu),
  { eliminates: [BatchNorm2d] },
)
const bnRelu = rule('bn-relu', [BatchNorm2d, ReLU], (norm, relu) => BNReLU2d(norm, relu))
const flatLinear = rule('flat-linear', [ReLU, Flatten, Linear], (_relu, _flat, linear) => linear)

const planned = (model: AnyModule, ...rules: Rule[]) => plan(flatten(model), rules)
const near = (model: AnyModule, path: string, ...rules: Rule[]) =>
  explain(planned(model, ...rules), rules, path).near

test('a layer that a rule takes says which, with what and into what', () => {
  const model = Sequential({ conv: conv(), bn: bn(), relu: ReLU() })
  const rules = [convBn, convBnRelu]
  expect(explain(planned(model, ...rules), rules, 'bn')).toEqual({
    path: 'bn',
    kind: 'nn.BatchNorm2d',
    takenBy: [
      {
        rule: 'conv-bn-relu',
        paths: ['conv', 'bn', 'relu'],
        path: 'conv',
        into: 'nni.ConvReLU2d',
        exactness: 'real',
      },
    ],
    near: [],
  })
})

test('a path that is none says what there is', () => {
  expect(() => near(Sequential({ conv: conv() }), 'bn', convBn)).toThrow(
    expect.objectContaining({ code: 'NO_SUCH_PATH', hint: 'the model has the children "conv".' }),
  )
})

describe('why a rule stopped', () => {
  const reason = (model: AnyModule, path: string, of: Rule) => near(model, path, of)[0]?.reason

  test('it declined: all slots matched, and the names are there', () => {
    const model = graphModule({ conv: conv(), bn: bn(), other: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.other(y)]
    })
    expect(near(model, 'bn', convBn)).toEqual([
      {
        rule: 'conv-bn',
        matched: 2,
        slots: 2,
        reason: 'the output of conv is also used by other',
        paths: ['conv', 'bn'],
      },
    ])
  })

  test('something else stands before it', () => {
    expect(near(Sequential({ relu: ReLU(), bn: bn() }), 'bn', convBn)).toEqual([
      {
        rule: 'conv-bn',
        matched: 1,
        slots: 2,
        stoppedAt: 'nn.Conv2d',
        reason: 'its input comes from relu (nn.ReLU), not from nn.Conv2d',
        paths: ['bn'],
      },
    ])
  })

  test('its input is one of the model', () => {
    expect(reason(Sequential({ bn: bn() }), 'bn', convBn)).toBe(
      'its input "x" is an input of the model, not the output of nn.Conv2d',
    )
  })

  test('something else stands after it', () => {
    expect(reason(Sequential({ bn: bn(), flat: Flatten() }), 'bn', bnRelu)).toBe(
      'its output goes to flat (nn.Flatten), not to nn.ReLU',
    )
  })

  test('its output is used by many, of which the first few are named', () => {
    const model = graphModule({ bn: bn(), flat: Flatten(), sum: Add() }, (m, x) => {
      const y = m.bn(x)
      return [m.flat(y), m.sum(y, y), m.sum(y, x)]
    })
    expect(reason(model, 'bn', bnRelu)).toMatch(
      /^its output goes to flat \(nn\.Flatten\), sum \(nn\.Add, 2 inputs\) and 1 more, not to nn\.ReLU$/,
    )
  })

  test('its output is one of the model', () => {
    expect(reason(Sequential({ bn: bn() }), 'bn', bnRelu)).toBe(
      'its output is an output of the model, not the input of nn.ReLU',
    )
  })

  test('what stands further off is named', () => {
    const model = Sequential({ pool: bn(), flat: Flatten(), fc: nn.Linear(2, 2) })
    expect(near(model, 'fc', flatLinear)).toMatchObject([
      {
        matched: 2,
        stoppedAt: 'nn.ReLU',
        reason: 'the input of flat comes from pool (nn.BatchNorm2d), not from nn.ReLU',
        paths: ['flat', 'fc'],
      },
    ])
  })

  test('the kind is right and the attributes are not', () => {
    const grouped = rule('grouped', [where(Conv2d, { groups: 2 }), BatchNorm2d], (layer) => layer)
    const model = Sequential({ conv: conv(), bn: bn() })
    expect(reason(model, 'bn', grouped)).toBe(
      'its input comes from conv (nn.Conv2d), not from nn.Conv2d({ groups: 2 })',
    )
    expect(near(model, 'conv', grouped)).toEqual([])
  })

  test('another rule was preferred for one of its layers', () => {
    const model = graphModule({ relu: ReLU(), a: conv(), b: conv(), bn: bn() }, (m, x) =>
      m.bn(m.b(m.a(m.relu(x)))),
    )
    const convs = rule('conv-conv', [Conv2d, Conv2d], (layer) => layer, { benefit: 1 })
    expect(near(model, 'bn', convBn, convs)[0]).toMatchObject({
      matched: 2,
      reason: 'conv-conv was preferred',
    })
  })
})

test('the rules that got furthest come first', () => {
  const model = Sequential({ flat: Flatten(), bn: bn(), relu: ReLU() })
  const picky = rule('picky', [Flatten, BatchNorm2d, ReLU], (flat, _bn, _relu, cx) =>
    flat.training ? flat : cx.decline('not today'),
  )
  const found = near(model, 'bn', convBn, convBnRelu, picky)
  expect(found.map(({ rule: name, matched, slots }) => [name, matched, slots])).toEqual([
    ['picky', 3, 3],
    ['conv-bn-relu', 2, 3],
    ['conv-bn', 1, 2],
  ])
})

test('a layer is traced through what it has become a part of', () => {
  const applied: Taken[] = [
    { rule: 'bn-relu', paths: ['bn', 'relu'], path: 'bn', into: 'nni.BNReLU2d', exactness: 'real' },
    { rule: 'other', paths: ['a', 'b'], path: 'a', into: 'nn.Conv2d', exactness: 'real' },
    { rule: 'conv-bnrelu', paths: ['conv', 'bn'], path: 'conv', into: 'nni.ConvReLU2d', exactness: 'real' },
  ]
  const why = explainer(flatten(Sequential({ conv: conv() })), [convBn], { applied, rounds: [] })
  expect(why('relu').takenBy.map(({ rule: name }) => name)).toEqual(['bn-relu', 'conv-bnrelu'])
  expect(why('conv')).toMatchObject({ takenBy: [{ rule: 'conv-bnrelu' }], near: [] })
})

test('the reasons in a list of leftovers are the closest ones of the explanations', () => {
  const model = graphModule(
    { first: bn(), conv: conv(), second: bn(), other: ReLU(), third: bn(), relu: ReLU(), sum: Add() },
    (m, x) => {
      const y = m.conv(m.first(x))
      return m.relu(m.third(m.other(m.sum(m.second(y), y))))
    },
  )
  const rules = [convBn, convBnRelu, bnRelu]
  const result = plan(flatten(model), rules)
  const fused = apply(result)
  const why = explainer(fused, rules, { applied: [], rounds: [result.declines] })
  const left = leftovers(fused, rules, [result.declines])
  expect(left.map(({ path }) => path)).toEqual(['first', 'second', 'third'])
  for (const { path, reasons } of left) expect(reasons).toContain(why(path).near[0]?.reason)
})

test('a layer that ten thousand use and a thousand rules want are no burden', () => {
  const model = graphModule({ bn: bn(), relu: ReLU() }, (m, x) => {
    const y = m.bn(x)
    return Array.from({ length: 10_000 }, () => m.relu(y))
  })
  const rules = Array.from({ length: 1000 }, (_, i) =>
    rule(`r${i}`, [Conv2d, BatchNorm2d, ReLU], (layer) => layer),
  )
  const flat = flatten(model)
  const why = explainer(flat, rules, { applied: [], rounds: [] })
  expect(why('bn').near).toHaveLength(1000)
})
