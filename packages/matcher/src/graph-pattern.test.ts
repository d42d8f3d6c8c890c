import {
  Add,
  type AnyModule,
  BatchNorm2d,
  Constant,
  Conv2d,
  ConvAdd2d,
  Flatten,
  flatten,
  floatTensor,
  graphModule,
  Identity,
  kind,
  Linear,
  Mul,
  manualSeed,
  print,
  ReLU,
  Sigmoid,
  SiLU,
  Tanh,
} from '@nnfuse/ir'
import { P } from 'ts-pattern'
import { describe, expect, test } from 'vitest'
import { apply } from './apply.js'
import { any, literal, op, outputs } from './pattern.js'
import { plan } from './plan.js'
import { type Rule, rule } from './rule.js'
import { where } from './slot.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)

const convAdd = rule('conv-add', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) => ConvAdd2d(conv))
const silu = rule('silu', op(Mul, any('x'), op(Sigmoid, any('x'))), () => SiLU())

const planned = (model: AnyModule, ...rules: Rule[]) => plan(flatten(model), rules)
const paths = (model: AnyModule, ...rules: Rule[]) =>
  planned(model, ...rules).applications.map((application) => application.paths)
const reasons = (model: AnyModule, ...rules: Rule[]) =>
  planned(model, ...rules).declines.map(({ reason }) => reason)
const printed = (model: AnyModule, ...rules: Rule[]) => print(apply(planned(model, ...rules)))

describe('where a pattern matches', () => {
  test('a commutative layer takes its operands in either order; the replacement in that of the pattern', () => {
    const left = graphModule({ conv: conv(), add: Add() }, (m, x, y) => m.add(m.conv(x), y))
    const right = graphModule({ conv: conv(), add: Add() }, (m, x, y) => m.add(y, m.conv(x)))
    expect(printed(left, convAdd)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, x_1) -> (add)
        conv: nni.ConvAdd2d : add <- x, x_1
          0: nn.Conv2d(2 -> 2, 1x1)"
    `)
    expect(printed(right, convAdd)).toBe(printed(left, convAdd))
  })

  test('the order as written is preferred', () => {
    const both = graphModule({ a: conv(), b: conv(), add: Add() }, (m, x) => m.add(m.a(x), m.b(x)))
    expect(paths(both, convAdd)).toEqual([['a', 'add']])
  })

  test('the other order is tried where a guard refuses the first', () => {
    const named = rule('named', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) => ConvAdd2d(conv), {
      when: [({ paths, decline }) => paths[0] === 'b' || decline('not b')],
    })
    const both = graphModule({ a: conv(), b: conv(), add: Add() }, (m, x) => m.add(m.a(x), m.b(x)))
    expect(paths(both, named)).toEqual([['b', 'add']])
    expect(reasons(both, named)).toEqual(['not b'])
  })

  test('a kind that is not commutative keeps its order', () => {
    const Minus = kind('acme.Minus', { create: () => ({ attrs: {} }) })
    const minus = rule('minus', op(Minus, op(Conv2d).as('conv'), any('y')), ({ conv }) => conv)
    expect(
      paths(
        graphModule({ conv: conv(), sub: Minus() }, (m, x, y) => m.sub(m.conv(x), y)),
        minus,
      ),
    ).toEqual([['conv', 'sub']])
    expect(
      paths(
        graphModule({ conv: conv(), sub: Minus() }, (m, x, y) => m.sub(y, m.conv(x))),
        minus,
      ),
    ).toEqual([])
  })

  test('one name is one value, in either order', () => {
    const gate = (same: boolean) =>
      graphModule({ sigmoid: Sigmoid(), mul: Mul() }, (m, x, y) => m.mul(m.sigmoid(x), same ? x : y))
    expect(paths(gate(true), silu)).toEqual([['sigmoid', 'mul']])
    expect(paths(gate(false), silu)).toEqual([])
    expect(printed(gate(true), silu)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, x_1) -> (mul)
        sigmoid: nn.SiLU : mul <- x"
    `)
  })

  test('two names may be one value', () => {
    const twice = graphModule({ conv: conv(), add: Add() }, (m, x) => m.add(m.conv(x), x))
    expect(printed(twice, convAdd)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add)
        conv: nni.ConvAdd2d : add <- x, x
          0: nn.Conv2d(2 -> 2, 1x1)"
    `)
  })

  test('one expression used twice is one layer: a diamond', () => {
    const source = op(Conv2d).as('conv')
    const diamond = rule('diamond', op(Add, op(ReLU, source), op(Tanh, source)), ({ conv }) => conv)
    const model = (shared: boolean) =>
      graphModule({ a: conv(), b: conv(), relu: ReLU(), tanh: Tanh(), add: Add() }, (m, x) => {
        const [a, b] = [m.a(x), m.b(x)]
        return [m.add(m.tanh(a), m.relu(shared ? a : b)), b]
      })
    expect(paths(model(true), diamond)).toEqual([['a', 'relu', 'tanh', 'add']])
    expect(paths(model(false), diamond)).toEqual([])
  })

  test('the name of a layer is what it gives', () => {
    const residual = rule(
      'residual',
      op(Add, op(Sigmoid, op(Conv2d).as('conv')), any('conv')),
      ({ conv }) => conv,
    )
    const model = graphModule({ conv: conv(), sigmoid: Sigmoid(), add: Add() }, (m, x) => {
      const y = m.conv(x)
      return m.add(y, m.sigmoid(y))
    })
    expect(paths(model, residual)).toEqual([['conv', 'sigmoid', 'add']])
  })

  test('two layers of a pattern are never one', () => {
    const pair = rule('pair', op(Add, op(Conv2d).as('a'), op(Conv2d).as('b')), ({ a }) => a)
    const model = graphModule({ conv: conv(), add: Add() }, (m, x) => {
      const y = m.conv(x)
      return m.add(y, y)
    })
    expect(paths(model, pair)).toEqual([])
  })

  test('layers may have any number of inputs, but as many as written', () => {
    const model = graphModule({ conv: conv(), add: Add() }, (m, x, y, z) => m.add(m.conv(x), y, z))
    expect(paths(model, convAdd)).toEqual([])
  })

  test('an attribute is constrained as in a chain', () => {
    const grouped = rule(
      'grouped',
      op(Add, op(where(Conv2d, { groups: 2 })).as('conv'), any('y')),
      ({ conv }) => ConvAdd2d(conv),
    )
    const model = (groups: number) =>
      graphModule({ conv: nn.Conv2d(2, 2, 1, { groups }), add: Add() }, (m, x, y) => m.add(m.conv(x), y))
    expect(paths(model(2), grouped)).toHaveLength(1)
    expect(paths(model(1), grouped)).toHaveLength(0)
  })
})

describe('literals', () => {
  const scaled = (value: number | number[]) =>
    graphModule(
      {
        half: Constant(floatTensor([value].flat(), Array.isArray(value) ? [value.length] : [])),
        mul: Mul(),
        relu: ReLU(),
      },
      (m, x) => m.relu(m.mul(m.half(), x)),
    )
  const byTenth = rule('tenth', op(ReLU, op(Mul, any('x'), literal(0.1))), () => ReLU())
  const positive = rule('positive', op(ReLU, op(Mul, any('x'), literal(P.number.gt(0)))), () => ReLU())

  test('a number is compared as the dtype holds it', () => {
    expect(paths(scaled(0.1), byTenth)).toEqual([['half', 'mul', 'relu']])
    expect(paths(scaled(0.2), byTenth)).toEqual([])
  })

  test('a condition, and never a tensor of several elements', () => {
    expect(paths(scaled(3), positive)).toHaveLength(1)
    expect(paths(scaled(-3), positive)).toHaveLength(0)
    expect(paths(scaled([1, 1]), positive)).toHaveLength(0)
  })

  test('a constant that nobody uses any more goes, one that others use stays', () => {
    expect([...apply(planned(scaled(3), positive)).children.keys()]).toEqual(['mul'])
    const shared = graphModule(
      { half: Constant(floatTensor([0.5], [])), mul: Mul(), relu: ReLU(), other: Mul() },
      (m, x) => {
        const half = m.half()
        return [m.relu(m.mul(x, half)), m.other(x, half)]
      },
    )
    expect(printed(shared, positive)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu, other)
        half: nn.Constant(float32[]) : half <- 
        mul: nn.ReLU : relu <- x
        other: nn.Mul : other <- x, half"
    `)
  })
})

describe('legality', () => {
  test('what is inside is used by nobody else', () => {
    const model = graphModule({ conv: conv(), relu: ReLU(), add: Add() }, (m, x, y) => {
      const z = m.conv(x)
      return [m.add(z, y), m.relu(z)]
    })
    expect(reasons(model, convAdd)).toEqual(['the output of conv is also used by relu'])
  })

  test('what comes from outside is not made inside: conv(x) + conv(x) of one call', () => {
    const model = graphModule({ conv: conv(), add: Add() }, (m, x) => {
      const y = m.conv(x)
      return m.add(y, y)
    })
    expect(reasons(model, convAdd)[0]).toBe('the output of conv is used in two ways by add')
    expect(paths(model, convAdd)).toEqual([])
  })
})

describe('several outputs', () => {
  const both = rule(
    'both',
    outputs(op(Linear, any('x')).as('q'), op(Linear, any('x')).as('k')),
    ({ q, k }) =>
      graphModule({ relu: ReLU(), q, k }, (m, x) => {
        const y = m.relu(x)
        return [m.q(y), m.k(y)]
      }),
    { when: [({ paths, decline }) => paths[0] !== paths[1] || decline('the same')] },
  )
  const linear = () => nn.Linear(2, 2)

  test('go on from what they share, and a graph takes their place', () => {
    const model = graphModule({ q: linear(), k: linear(), add: Add() }, (m, x) => m.add(m.k(x), m.q(x)))
    expect(printed(model, both)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add)
        q.relu: nn.ReLU : q.relu <- x
        q.q: nn.Linear(2 -> 2) : q.q <- q.relu
        q.k: nn.Linear(2 -> 2) : q.k <- q.relu
        add: nn.Add : add <- q.k, q.q"
    `)
  })

  test('inner values may be outputs as well', () => {
    const tap = op(Conv2d).as('conv')
    const tapped = rule('tapped', outputs(tap, op(ReLU, tap).as('relu')), ({ conv, relu }) =>
      graphModule({ conv, relu }, (m, x) => {
        const y = m.conv(x)
        return [y, m.relu(y)]
      }),
    )
    const model = graphModule({ conv: conv(), relu: ReLU(), add: Add() }, (m, x) => {
      const y = m.conv(x)
      return m.add(y, m.relu(y))
    })
    expect(paths(model, tapped)).toEqual([['conv', 'relu']])
  })

  test('run after all they use and before all that use them, or not at all', () => {
    const between = graphModule({ q: linear(), k: linear(), relu: ReLU() }, (m, x) => {
      const q = m.q(x)
      return [m.relu(q), m.k(x)]
    })
    expect(printed(between, both)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu, k.q)
        k.relu: nn.ReLU : k.relu <- x
        k.q: nn.Linear(2 -> 2) : k.q <- k.relu
        k.k: nn.Linear(2 -> 2) : k.k <- k.relu
        relu: nn.ReLU : relu <- k.k"
    `)
    const source = op(Conv2d, any('a')).as('first')
    const needsBoth = rule('needs-both', outputs(source, op(Add, source, any('b'))), ({ first }) =>
      graphModule({ first, add: Add() }, (m, a, b) => {
        const y = m.first(a)
        return [y, m.add(y, b)]
      }),
    )
    const circular = graphModule({ conv: conv(), relu: ReLU(), add: Add() }, (m, x) => {
      const y = m.conv(x)
      return m.add(y, m.relu(y))
    })
    expect(reasons(circular, needsBoth)).toContain(
      'an output is needed before the inputs of another are there',
    )
  })

  test('a value with very many users is looked at so often and no more', () => {
    const model = graphModule({ first: linear(), relu: ReLU(), ...many(2000) }, (m, x) => [
      m.first(x),
      ...Object.keys(many(2000)).map(
        (name) => (m as never as Record<string, typeof m.relu>)[name]?.(x) as never,
      ),
    ])
    const never = rule('never', outputs(op(Linear, any('x')), op(ReLU, any('x'))), (_, cx) =>
      cx.decline('no'),
    )
    expect(planned(model, never).declines.length).toBeLessThan(3 * 2000)
  })
})

const many = (count: number): Record<string, AnyModule> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`relu${i}`, ReLU()]))

describe('what a rewrite makes', () => {
  test('a small graph, whose layers stand below the first of the match', () => {
    const split = rule('split', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) =>
      graphModule({ conv, gate: Sigmoid(), add: Add() }, (m, x, y) => m.add(m.conv(x), m.gate(y))),
    )
    const model = graphModule({ conv: conv(), add: Add() }, (m, x, y) => m.add(m.conv(x), y))
    expect(printed(model, split)).toMatchInlineSnapshot(`
      "nn.GraphModule (x, x_1) -> (conv.add)
        conv.conv: nn.Conv2d(2 -> 2, 1x1) : conv.conv <- x
        conv.gate: nn.Sigmoid : conv.gate <- x_1
        conv.add: nn.Add : conv.add <- conv.conv, conv.gate"
    `)
  })

  test('a graph that takes or gives another number of values is refused', () => {
    const wrong = (inputs: number) =>
      rule('wrong', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) =>
        inputs === 1
          ? graphModule({ conv }, (m, x) => m.conv(x))
          : graphModule({ conv }, (m, x, _y) => [m.conv(x), m.conv(x)]),
      )
    const model = graphModule({ conv: conv(), add: Add() }, (m, x, y) => m.add(m.conv(x), y))
    expect(() => planned(model, wrong(1))).toThrow(
      'the graph that rule "wrong" made takes 1 values, the match 2',
    )
    expect(() => planned(model, wrong(2))).toThrow(
      'the graph that rule "wrong" made gives 2 values, the match 1',
    )
  })

  test('longer patterns win, of whatever shape', () => {
    const chain = rule('chain', [Conv2d, BatchNorm2d], (layer) => layer)
    const model = graphModule({ conv: conv(), bn: bn(), add: Add(), flat: Flatten() }, (m, x, y) =>
      m.flat(m.add(m.bn(m.conv(x)), y)),
    )
    const whole = rule('whole', op(Add, op(BatchNorm2d, op(Conv2d).as('conv')), any('y')), ({ conv }) =>
      ConvAdd2d(conv),
    )
    expect(planned(model, chain, whole).applications.map(({ rule: name }) => name)).toEqual(['whole'])
  })
})

describe('a pattern is checked when it is made', () => {
  const made = () => Identity()

  test.each([
    [
      'two layers of one name',
      () => rule('r', op(Add, op(ReLU).as('a'), op(Tanh).as('a')), made),
      'uses the name "a" for two things',
    ],
    ['any value at all', () => rule('r', any('x'), made), 'is any value at all'],
    [
      'outputs that share nothing',
      () => rule('r', outputs(op(ReLU, any('x')), op(ReLU, any('y'))), made),
      'share no value',
    ],
    ['no outputs', () => rule('r', outputs(), made), 'has an empty pattern'],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'BAD_RULE', message: expect.stringContaining(message) }),
    )
  })

  test('too many operands in either order', () => {
    let sum = op(Add, any('a'), any('b'))
    for (let i = 0; i < 6; i += 1) sum = op(Add, sum, any(`c${i}`))
    expect(() => rule('sums', sum, made)).toThrow('more than 6 layers with operands in either order')
  })
})
