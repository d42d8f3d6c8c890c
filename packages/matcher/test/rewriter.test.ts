import {
  Add,
  type AnyModule,
  AvgPool2d,
  Cat,
  Constant,
  elementCount,
  flatten,
  floatTensor,
  type GraphModuleOf,
  graphModule,
  hook,
  Identity,
  Linear,
  MaxPool2d,
  Mul,
  manualSeed,
  ReLU,
  readValues,
  Sigmoid,
  Sub,
  Tanh,
  type Tensor,
  withHooks,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { P } from 'ts-pattern'
import { describe, expect, test } from 'vitest'
import { any, apply, literal, op, outputs, type Plan, plan, type Rule, rule, where } from '../src/index.js'
import { Neg } from './layers.js'

/*
 * What TestSubgraphRewriter in PyTorch's test/fx/test_subgraph_rewriter.py says of rewriting, said of our rules; each
 * test is named after its counterpart. Some have none:
 *
 * traced_as_callable      a pattern is a value and a replacement a module; there are no functions to be traced
 * annotations_int         values have no annotations of the host language
 * call_method             a layer is a layer, however it is called; see placeholder_matching
 */

const planned = (model: AnyModule, ...rules: readonly Rule[]): Plan => plan(flatten(model), rules)
const rewritten = (model: AnyModule, ...rules: readonly Rule[]): GraphModuleOf =>
  apply(planned(model, ...rules))
const taken = (model: AnyModule, ...rules: readonly Rule[]): string[][] =>
  planned(model, ...rules).applications.map(({ paths }) => [...paths])

const input = (shape: readonly number[], i: number) => ({
  data: Float32Array.from({ length: elementCount(shape) }, (_, at) => Math.sin(at * 1.3 + i)),
  shape,
})

const outputsOf = async (model: GraphModuleOf, shape: readonly number[]): Promise<number[][]> => {
  const { outputs: tensors } = await run(
    model,
    model.attrs.inputs.map((_, i) => input(shape, i)),
  )
  return Promise.all(tensors.map(async (tensor) => Array.from((await readValues(tensor)) as Float32Array)))
}

const expectSame = async (actual: GraphModuleOf, expected: AnyModule, shape: readonly number[] = [2, 3]) => {
  expect(await outputsOf(actual, shape)).toEqual(await outputsOf(flatten(expected), shape))
}

const nn = manualSeed(0)
const number = (value: number) => Constant(floatTensor([value], []))

/** `sum(neg(x) + relu(x))`, twice the same value added. */
const negPlusRelu = graphModule({ neg: Neg(), relu: ReLU(), sum: Add(), add: Add() }, (m, x) => {
  const y = m.sum(m.neg(x), m.relu(x))
  return m.add(y, y)
})
const negPlusReluPattern = op(Add, op(Neg, any('x')), op(ReLU, any('x')))

/** Rules that put one layer for another. */
const negToRelu = rule('neg-to-relu', op(Neg, any('x')), () => ReLU())
const reluToNeg = rule('relu-to-neg', op(ReLU, any('x')), () => Neg())
const reluToSigmoid = rule('relu-to-sigmoid', op(ReLU, any('x')), () => Sigmoid())

describe('what replaces a match computes in its place', () => {
  test('preserves_logic', async () => {
    const same = rule('same', negPlusReluPattern, () =>
      graphModule({ neg: Neg(), relu: ReLU(), sum: Add() }, (m, x) => m.sum(m.neg(x), m.relu(x))),
    )
    expect(taken(negPlusRelu, same)).toHaveLength(1)
    await expectSame(rewritten(negPlusRelu, same), negPlusRelu)
  })

  test('with_oneliner_pattern', async () => {
    const twice = (layer: AnyModule) =>
      graphModule({ layer, add: Add() }, (m, x) => {
        const y = m.layer(x)
        return m.add(y, y)
      })
    await expectSame(rewritten(twice(Neg()), negToRelu), twice(ReLU()))
  })

  test('single_pattern_match', async () => {
    const toRelu = rule('to-relu', negPlusReluPattern, () => ReLU())
    const expected = graphModule({ relu: ReLU(), add: Add() }, (m, x) => {
      const y = m.relu(x)
      return m.add(y, y)
    })
    await expectSame(rewritten(negPlusRelu, toRelu), expected)
  })

  test('multiple_pattern_match', async () => {
    const model = graphModule({ cat: Cat(), tanh: Tanh(), relu: ReLU(), add: Add() }, (m, a, b) =>
      m.add(m.relu(m.tanh(m.cat(a, b))), m.relu(m.tanh(m.cat(a, b)))),
    )
    const toSub = rule('to-cat', op(Tanh, op(Cat, any('a'), any('b'))), () => Cat())
    const expected = graphModule({ cat: Cat(), relu: ReLU(), add: Add() }, (m, a, b) =>
      m.add(m.relu(m.cat(a, b)), m.relu(m.cat(a, b))),
    )
    expect(taken(model, toSub)).toHaveLength(2)
    await expectSame(rewritten(model, toSub), expected)
  })

  test('graph_argument_order', async () => {
    const model = graphModule({ sub: Sub() }, (m, x, y) => m.sub(x, y))
    const same = rule('same', op(Sub, any('x'), any('y')), () => Sub())
    await expectSame(rewritten(model, same), model)
    const turned = rule('turned', op(Sub, any('x'), any('y')), () =>
      graphModule({ neg: Neg(), sub: Sub() }, (m, x, y) => m.neg(m.sub(y, x))),
    )
    await expectSame(rewritten(model, turned), model)
  })

  test('correct_output_replacement', async () => {
    const model = (inner: AnyModule) =>
      graphModule({ neg: Neg(), inner, sum: Add() }, (m, x, y) => m.sum(m.neg(y), m.inner(x)))
    await expectSame(rewritten(model(ReLU()), reluToNeg), model(Neg()))
  })

  test('pattern_is_entire_graph', async () => {
    const neg = op(Neg, any('x'))
    const model = graphModule({ neg: Neg(), add: Add() }, (m, x) => {
      const y = m.neg(x)
      return m.add(y, y)
    })
    const other = graphModule({ sigmoid: Sigmoid(), cat: Cat() }, (m, x) => {
      const y = m.sigmoid(x)
      return m.cat(y, y)
    })
    const result = rewritten(
      model,
      rule('all', op(Add, neg, neg), () => other),
    )
    await expectSame(result, other)
  })

  test('placeholder_matching: an open place takes what any layer gives, with any number of inputs', async () => {
    const model = graphModule({ add: Add(), neg: Neg(), sigmoid: Sigmoid() }, (m, x, y) =>
      m.sigmoid(m.neg(m.add(x, y))),
    )
    const dropped = rule('dropped', op(Sigmoid, op(Neg, any('x'))), () => Identity())
    await expectSame(
      rewritten(model, dropped),
      graphModule({ add: Add() }, (m, x, y) => m.add(x, y)),
    )
  })

  test('replace_consecutive_submodules', async () => {
    const thrice = (layer: AnyModule) => graphModule({ layer }, (m, x) => m.layer(m.layer(m.layer(x))))
    const toTanh = rule('to-tanh', op(Sigmoid, any('x')), () => Tanh())
    expect(taken(thrice(Sigmoid()), toTanh)).toHaveLength(3)
    await expectSame(rewritten(thrice(Sigmoid()), toTanh), thrice(Tanh()))
  })

  test('with_overlapping_matches', async () => {
    const chain = (layer: AnyModule, count: number) =>
      graphModule({ layer }, (m, x) => Array.from({ length: count }).reduce<typeof x>((y) => m.layer(y), x))
    const toNeg = rule('to-neg', op(Sigmoid, op(Sigmoid, any('x'))), () => Neg())
    await expectSame(rewritten(chain(Sigmoid(), 4), toNeg), chain(Neg(), 2))
  })
})

describe('several outputs', () => {
  test('replace_with_multiple_outputs', async () => {
    const model = (first: AnyModule, second: AnyModule) =>
      graphModule({ first, second, add: Add() }, (m, x) => m.add(m.first(x), m.second(x)))
    const both = rule('both', outputs(op(Sigmoid, any('a')), op(ReLU, any('a'))), () =>
      graphModule({ tanh: Tanh(), neg: Neg() }, (m, x) => [m.tanh(x), m.neg(x)]),
    )
    await expectSame(rewritten(model(Sigmoid(), ReLU()), both), model(Tanh(), Neg()))
  })

  test('replace_with_duplicated_outputs', async () => {
    const model = graphModule({ sub: Sub(), sigmoid: Sigmoid(), relu: ReLU(), add: Add() }, (m, x, y) => {
      const z = m.sub(x, y)
      return m.add(m.sigmoid(z), m.relu(z))
    })
    const difference = op(Sub, any('x'), any('y'))
    const doubled = rule('doubled', outputs(op(Sigmoid, difference), op(ReLU, difference), difference), () =>
      graphModule({ tanh: Tanh(), neg: Neg() }, (m, x, y) => {
        const z = m.neg(y)
        return [z, z, m.tanh(x)]
      }),
    )
    const expected = graphModule({ neg: Neg(), add: Add() }, (m, _x, y) => {
      const z = m.neg(y)
      return m.add(z, z)
    })
    await expectSame(rewritten(model, doubled), expected)
  })
})

describe('who else uses a value', () => {
  test('pattern_output_pattern_node_can_have_users_that_are_not_matched', async () => {
    const model = (layer: AnyModule) =>
      graphModule({ layer, neg: Neg(), sub: Sub() }, (m, x) => {
        const y = m.layer(x)
        return m.sub(m.neg(y), y)
      })
    await expectSame(rewritten(model(ReLU()), reluToSigmoid), model(Sigmoid()))
  })

  test('internal_pattern_nodes_cannot_have_users_that_are_not_matched', () => {
    const model = graphModule({ neg: Neg(), relu: ReLU(), tanh: Tanh() }, (m, x) => {
      const y = m.neg(x)
      return [m.relu(y), m.tanh(y)]
    })
    const pair = rule('pair', op(ReLU, op(Neg, any('x'))), () => Sigmoid())
    expect(taken(model, pair)).toEqual([])
    expect(rewritten(model, pair)).toBe(model)
  })

  test('with_unused_args: inputs that nobody uses stay', async () => {
    const model = (layer: AnyModule) => graphModule({ layer }, (m, x, y, _z) => m.layer(x, y))
    const toSub = rule('to-sub', op(Add, any('x'), any('y')), () => Sub())
    const result = rewritten(model(Add()), toSub)
    expect(result.attrs.inputs).toHaveLength(3)
    await expectSame(result, model(Sub()))
  })

  test('with_unused_results: a layer that nobody uses stays', () => {
    const model = graphModule({ unused: Tanh(), relu: ReLU() }, (m, x) => {
      m.unused(x)
      return m.relu(x)
    })
    expect([...rewritten(model, reluToNeg).children.keys()]).toEqual(['unused', 'relu'])
  })
})

describe('modules', () => {
  test('replaces_referenced_submodules', async () => {
    const model = graphModule({ one: number(1), add: Add(), sigmoid: Sigmoid(), submod: ReLU() }, (m, x) =>
      m.submod(m.sigmoid(m.add(x, m.one()))),
    )
    const withTanh = rule('with-tanh', op(ReLU, op(Sigmoid, any('x'))).as('relu'), ({ relu }) =>
      graphModule({ tanh: Tanh(), submod: relu }, (m, x) => m.submod(m.tanh(x))),
    )
    const result = rewritten(model, withTanh)
    expect([...result.children.keys()]).toEqual(['one', 'add', 'sigmoid.tanh', 'sigmoid.submod'])
    const expected = graphModule({ one: number(1), add: Add(), tanh: Tanh(), relu: ReLU() }, (m, x) =>
      m.relu(m.tanh(m.add(x, m.one()))),
    )
    await expectSame(result, expected)
  })

  test('replacement_with_attrs: the replacement brings a constant of its own, and the one looked for goes', async () => {
    const model = graphModule({ a: number(1), b: number(2), add: Add(), sub: Sub() }, (m, x) =>
      m.sub(m.add(x, m.a()), m.b()),
    )
    const minusThree = rule('minus-three', op(Add, any('x'), literal(1)), () =>
      graphModule({ c: number(3), sub: Sub() }, (m, x) => m.sub(x, m.c())),
    )
    const result = rewritten(model, minusThree)
    expect([...result.children.keys()]).toEqual(['add.c', 'add.sub', 'b', 'sub'])
    await expectSame(
      result,
      graphModule({ c: number(3), b: number(2), sub: Sub() }, (m, x) => m.sub(m.sub(x, m.c()), m.b())),
    )
  })

  test('matching_pattern_with_list_type_arg: lists among the attributes', async () => {
    const pool = (kernelSize: readonly number[], stride: readonly number[]) =>
      graphModule({ pool: AvgPool2d({ kernelSize, stride }) }, (m, x) => m.pool(x))
    const turned = rule(
      'turned',
      op(where(AvgPool2d, { kernelSize: [1, 2], stride: [2, 1] }), any('x')).as('pool'),
      ({ pool: { attrs } }) => AvgPool2d({ kernelSize: attrs.stride, stride: attrs.kernelSize }),
    )
    expect(taken(pool([2, 1], [2, 1]), turned)).toEqual([])
    await expectSame(rewritten(pool([1, 2], [2, 1]), turned), pool([2, 1], [1, 2]), [1, 1, 4, 4])
  })

  test('matching_variable_arguments: what was left to a default matches like what was said', () => {
    const halving = rule('halving', op(where(MaxPool2d, { stride: [2, 2] }), any('x')), () => Identity())
    const model = (stride?: number) =>
      graphModule({ pool: MaxPool2d({ kernelSize: 2, ...(stride && { stride }) }) }, (m, x) => m.pool(x))
    expect([taken(model(), halving), taken(model(2), halving), taken(model(1), halving)]).toEqual([
      [['pool']],
      [['pool']],
      [],
    ])
  })
})

describe('which matches are taken', () => {
  const gated = op(Linear, any('a'))
  const gate = outputs(gated, op(Mul, any('c'), gated))
  const held = rule('held', gate, () =>
    graphModule({ linear: nn.Linear(3, 3), mul: Mul() }, (m, a, c) => {
      const y = m.linear(a)
      return [y, m.mul(c, y)]
    }),
  )

  test('nodes_with_kwargs', () => {
    const model = graphModule({ linear: nn.Linear(3, 3), mul: Mul(), add: Add() }, (m, x) =>
      m.add(m.mul(x, m.linear(x)), x),
    )
    const [application, ...others] = planned(model, held).applications
    expect(application?.inputs).toEqual(['x', 'x'])
    expect(others).toEqual([])
  })

  test('local_revert: what comes to nothing leaves no trace, and 2 of 3 are taken', () => {
    const layers = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`linear${i}`, nn.Linear(3, 3)]))
    const model = graphModule(
      {
        ...(layers as Record<'linear0' | 'linear1' | 'linear2' | 'linear3' | 'linear4', AnyModule>),
        mul: Mul(),
        add: Add(),
        sigmoid: Sigmoid(),
        cat: Cat(),
      },
      (m, x, y) => {
        const first = m.add(m.mul(y, m.linear1(m.linear0(y))), y)
        const third = m.linear2(first)
        const silu = m.mul(third, m.sigmoid(third))
        const last = m.add(m.mul(x, m.linear4(m.linear3(x))), x)
        return m.cat(silu, last)
      },
    )
    expect(taken(model, held)).toEqual([
      ['linear1', 'mul'],
      ['linear4', 'mul'],
    ])
  })

  test('replace_pattern_with_filters: 2 without a guard, 1 with', () => {
    const model = graphModule(
      { two: number(2), add: Add(), relu: ReLU(), tanh: Tanh() },
      (m, x) => {
        const y = m.relu(m.add(x, m.two()))
        return m.relu(m.add(m.tanh(y), y))
      },
      { inputs: { x: { dtype: 'float32', shape: [2, 3] } } },
    )
    const pattern = op(ReLU, op(Add, any('x'), any('n')))
    const toMul = rule('to-mul', pattern, () => Mul())
    const numbersOnly = rule('numbers-only', pattern, () => Mul(), {
      when: [({ typeOf, decline }) => typeOf('n').shape?.length === 0 || decline('no number')],
    })
    expect([taken(model, toMul), taken(model, numbersOnly)].map(({ length }) => length)).toEqual([2, 1])
  })

  test('replaced_nodes: the plan says what takes the place of what', () => {
    const { applications } = planned(negPlusRelu, negToRelu)
    expect(applications).toMatchObject([
      { rule: 'neg-to-relu', paths: ['neg'], path: 'neg', positions: [0], replacement: { kind: 'nn.ReLU' } },
    ])
  })

  test('replace_pattern_with_callback: a rewrite makes what the match asks for', async () => {
    const times = (value: number) =>
      graphModule({ number: number(value), mul: Mul() }, (m, x) => m.mul(m.number(), x))
    const byNumber = rule(
      'by-number',
      op(Mul, any('x'), literal(P.any).as('number')),
      ({ number: constant }, cx) => {
        const tensor: Tensor = constant.attrs.value
        return tensor.shape.length === 0
          ? graphModule({ add: Add() }, (m, x) => m.add(x, x))
          : cx.decline('no number')
      },
    )
    await expectSame(
      rewritten(times(2), byNumber),
      graphModule({ add: Add() }, (m, x) => m.add(x, x)),
    )
  })
})

describe('hooks before the first layer', () => {
  const hooked = withHooks(Add(), { forwardPre: [hook(() => undefined)], forward: [] })
  const model = graphModule({ add: hooked, relu: ReLU() }, (m, x, y) => m.relu(m.add(y, x)))
  const lostIn = (given: AnyModule, by: Rule) => planned(given, by).declines.map(({ reason }) => reason)

  // A hook was given two inputs, and what it moved to has one: whatever it returned was lost or broke the model.
  test('stay there where what takes its place is given something else', () => {
    const twice = graphModule({ add: hooked, relu: ReLU() }, (m, x) => m.relu(m.add(x, x)))
    const doubled = rule('doubled', op(ReLU, op(Add, any('x'), any('x'))), () => Tanh())
    expect(new Set(lostIn(twice, doubled))).toEqual(new Set(['a hook on add would be lost']))
  })

  test('move where it is given the same', () => {
    const sum = rule('sum', op(ReLU, op(Add, any('x'), any('y'))), () => Sub())
    expect(lostIn(model, sum)).toEqual([])
    expect(rewritten(model, sum).children.get('add')?.hooks.forwardPre).toHaveLength(1)
  })
})
