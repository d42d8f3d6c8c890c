import {
  type AnyModule,
  BatchNorm2d,
  BNReLU2d,
  Conv2d,
  type ConvModule,
  ConvReLU2d,
  Flatten,
  flatten,
  graphModule,
  hook,
  manualSeed,
  print,
  ReLU,
  ReLU6,
  Sequential,
  train,
  withAttrs,
  withHooks,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { apply } from './apply.js'
import { decline } from './decline.js'
import { leftovers } from './leftovers.js'
import { plan } from './plan.js'
import { type Rule, rule } from './rule.js'
import { oneOf } from './slot.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)

const fold = (layer: ConvModule): AnyModule => withAttrs(layer, {})
const dropNorm = (layer: ConvModule): AnyModule => layer
const convBn = rule('conv-bn', [Conv2d, BatchNorm2d], dropNorm, { eliminates: [BatchNorm2d] })
const convRelu = rule('conv-relu', [Conv2d, ReLU], (layer, relu) => ConvReLU2d(layer, relu))
const convBnRelu = rule(
  'conv-bn-relu',
  [Conv2d, BatchNorm2d, ReLU],
  (layer, _bn, relu) => ConvReLU2d(layer, relu),
  {
    eliminates: [BatchNorm2d],
  },
)
const bnRelu = rule('bn-relu', [BatchNorm2d, ReLU], (norm) => norm)

const applied = (model: AnyModule, ...rules: Rule[]) =>
  plan(flatten(model), rules).applications.map(({ rule, paths }) => [rule, ...paths])

const reasons = (model: AnyModule, ...rules: Rule[]) =>
  plan(flatten(model), rules).declines.map(({ reason }) => reason)

describe('which rule wins', () => {
  const model = Sequential({ conv: conv(), bn: bn(), relu: ReLU() })

  test('the longer one', () => {
    expect(applied(model, bnRelu, convBn, convBnRelu)).toEqual([['conv-bn-relu', 'conv', 'bn', 'relu']])
  })

  test('of equal length the one with more benefit', () => {
    const eager = rule('eager', [BatchNorm2d, ReLU], (norm) => norm, { benefit: 1 })
    expect(applied(model, convBn, eager)).toEqual([['eager', 'bn', 'relu']])
  })

  test('of equal benefit the one for fewer kinds', () => {
    const any = rule('any', [Conv2d, oneOf(BatchNorm2d, ReLU)], (layer) => layer)
    expect(applied(model, any, convBn)).toEqual([['conv-bn', 'conv', 'bn']])
  })

  test('of equally many kinds the earlier one', () => {
    expect(applied(model, convBn, bnRelu)).toEqual([['conv-bn', 'conv', 'bn']])
    expect(applied(model, bnRelu, convBn)).toEqual([['bn-relu', 'bn', 'relu']])
  })

  test('a shorter one where the longer declines', () => {
    const picky = rule('picky', [Conv2d, BatchNorm2d, ReLU], () => decline('not today'))
    expect(applied(model, picky, convBn)).toEqual([['conv-bn', 'conv', 'bn']])
    expect(reasons(model, picky, convBn)).toEqual(['not today'])
  })
})

describe('kinds are compared exactly', () => {
  test('ReLU6 is no ReLU', () => {
    expect(applied(Sequential([conv(), ReLU6()]), convRelu)).toEqual([])
  })

  test('order matters', () => {
    expect(applied(Sequential([bn(), conv()]), convBn)).toEqual([])
  })
})

describe('legality is checked for every rule', () => {
  test('a value that is used elsewhere stays', () => {
    const model = graphModule({ conv: conv(), bn: bn(), other: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.other(y)]
    })
    expect(applied(model, convBn)).toEqual([])
    expect(reasons(model, convBn)).toEqual(['the output of conv is also used by other'])
  })

  test('a value that is an output of the model stays', () => {
    const model = graphModule({ conv: conv(), bn: bn() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), y]
    })
    expect(reasons(model, convBn)).toEqual(['the output of conv is also an output of the model'])
  })

  test('a ReLU that many share is left for the others', () => {
    const model = graphModule({ a: conv(), b: conv(), relu: ReLU() }, (m, x) =>
      m.relu(m.b(m.relu(m.a(m.relu(x))))),
    )
    expect(applied(model, convRelu)).toEqual([
      ['conv-relu', 'a', 'relu'],
      ['conv-relu', 'b', 'relu'],
    ])
    expect(print(apply(plan(flatten(model), [convRelu])))).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu_2)
        a: nni.ConvReLU2d : relu_1 <- relu
          0: nn.Conv2d(2 -> 2, 1x1)
          1: nn.ReLU
        b: nni.ConvReLU2d : relu_2 <- relu_1
          0: nn.Conv2d(2 -> 2, 1x1)
          1: nn.ReLU
        relu: nn.ReLU : relu <- x"
    `)
  })

  test('a batch-norm that two share is not copied while it trains', () => {
    const shared = graphModule({ a: conv(), b: conv(), bn: bn() }, (m, x) => m.bn(m.b(m.bn(m.a(x)))))
    expect(applied(shared, convBn)).toHaveLength(2)
    expect(reasons(train(shared), convBn)).toEqual([
      'bn is in training mode and called from several places',
      'bn is in training mode and called from several places',
    ])
  })

  test('hooks before the first layer and after the last move', () => {
    const [before, after] = [hook(() => undefined), hook(() => undefined)]
    const watched = (layer: AnyModule, where: 'forwardPre' | 'forward') =>
      withHooks(layer, { forwardPre: [], forward: [], [where]: [where === 'forward' ? after : before] })
    const outer = Sequential([watched(conv(), 'forwardPre'), watched(ReLU(), 'forward')])
    const [application] = plan(flatten(outer), [convRelu]).applications
    expect(application?.replacement.hooks).toEqual({ forwardPre: [before], forward: [after] })
    expect([...(application?.replacement.children.values() ?? [])].map(({ hooks }) => hooks)).toEqual([
      { forwardPre: [], forward: [] },
      { forwardPre: [], forward: [] },
    ])
  })

  test('a hook in between keeps its place where its layer is kept, else it is a reason to decline', () => {
    const between = hook(() => undefined)
    const watched = { ...conv(), hooks: { forwardPre: [], forward: [between] } }
    const [held] = plan(flatten(Sequential([watched, ReLU()])), [convRelu]).applications
    expect(held?.replacement.children.get('0')).toBe(watched)
    expect(
      reasons(Sequential({ conv: watched, bn: bn() }), rule('fold', [Conv2d, BatchNorm2d], fold)),
    ).toEqual(['a hook on conv would be lost'])
  })
})

test('planning changes nothing, and a plan without applications gives back the same graph', () => {
  const model = flatten(Sequential([conv(), ReLU()]))
  const before = print(model)
  plan(model, [convRelu])
  expect(print(model)).toBe(before)
  expect(apply(plan(model, [convBn]))).toBe(model)
})

test('a rewrite that throws is named with the layers it failed on', () => {
  const broken = rule('broken', [Conv2d, ReLU], () => {
    throw new Error('oops')
  })
  expect(() => plan(flatten(Sequential({ conv: conv(), relu: ReLU() })), [broken])).toThrow(
    'rule "broken" failed on conv, relu: oops',
  )
})

test('a rewrite that returns no module is refused', () => {
  const broken = rule('broken', [Conv2d], (() => undefined) as never)
  expect(() => plan(flatten(Sequential([conv()])), [broken])).toThrow(
    'returned neither a module nor a decline',
  )
})

test('a thousand rules on a long chain find what one finds', () => {
  const chain = flatten(Sequential(Array.from({ length: 1000 }, () => [conv(), bn(), ReLU()]).flat()))
  const others = Array.from({ length: 999 }, (_, i) =>
    rule(`r${i}`, [ReLU6, Conv2d, BatchNorm2d], (relu) => relu),
  )
  expect(plan(chain, [...others, convBn]).applications).toHaveLength(1000)
})

describe('what is left over says why', () => {
  const left = (model: AnyModule, ...rules: Rule[]) => {
    const planned = plan(flatten(model), rules)
    return leftovers(apply(planned), rules, [planned.declines])
  }

  test('the reason with which a rule declined', () => {
    const model = graphModule({ conv: conv(), bn: bn(), other: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.bn(y), m.other(y)]
    })
    expect(left(model, convBn, convBnRelu)).toEqual([
      { path: 'bn', kind: 'nn.BatchNorm2d', reasons: ['the output of conv is also used by other'] },
    ])
  })

  test('what stands before it where no pattern fitted', () => {
    const model = Sequential({ first: bn(), relu: ReLU(), second: bn(), flat: Flatten() })
    expect(left(model, convBn)).toEqual([
      {
        path: 'first',
        kind: 'nn.BatchNorm2d',
        reasons: ['its input "x" is an input of the model, not the output of nn.Conv2d'],
      },
      {
        path: 'second',
        kind: 'nn.BatchNorm2d',
        reasons: ['its input comes from relu (nn.ReLU), not from nn.Conv2d'],
      },
    ])
  })

  test('a layer that another rule has put into a fused one in the meantime', () => {
    const model = graphModule({ conv: conv(), bn: bn(), relu: ReLU(), other: ReLU() }, (m, x) => {
      const y = m.conv(x)
      return [m.relu(m.bn(y)), m.other(y)]
    })
    const held = rule('bn-relu', [BatchNorm2d, ReLU], (norm, relu) => BNReLU2d(norm, relu))
    expect(left(model, convBn, held)).toEqual([
      { path: 'bn', kind: 'nn.BatchNorm2d', reasons: ['the output of conv is also used by other'] },
    ])
  })

  test('nothing where everything went', () => {
    expect(left(Sequential([conv(), bn()]), convBn)).toEqual([])
  })
})
