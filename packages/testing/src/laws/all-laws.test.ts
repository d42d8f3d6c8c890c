import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  Flatten,
  floatTensor,
  graphModule,
  inference,
  manualSeed,
  peekBytes,
  ReLU,
  readValues,
  Sequential,
  Tanh,
  train,
  withAttrs,
} from '@nnfuse/ir'
import { apply, decline, type MatchContext, type Plan, type Rule, rule } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import { brokenChecks, lawsIn } from '../../test/broken-checks.js'
import { foldIntoConv } from '../../test/folding.js'
import { recklessPlan } from '../../test/reckless-plan.js'
import type { LawOptions, PluginCases, RuleCases } from '../index.js'

const nn = manualSeed(0)
const convThenNorm = Sequential([nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)])
const cases: PluginCases = { 'conv2d-bn': { fuses: [convThenNorm] } }

/** The laws that a rule breaks on its cases alone, where what is found does not hang on the random models. */
const lawsBrokenBy = async (wrong: Rule, given: PluginCases = cases, options: LawOptions = {}) =>
  lawsIn(await brokenChecks([wrong], given, { runs: 0, ...options }))

const fold = (conv: AnyModule, bn: AnyModule, cx: MatchContext): AnyModule =>
  foldIntoConv().rewrite({ ...cx, modules: [conv, bn] }) as AnyModule

test('a count that is not stated', async () => {
  const [broken] = await brokenChecks([foldIntoConv()], {
    'conv2d-bn': { fuses: [{ model: convThenNorm, applies: 2 }] },
  })
  expect(broken?.message).toMatch('"applies as often as stated": it applied once instead of 2 times\n')
})

test('a case of what the rule declines; its reason is told', async () => {
  const [broken] = await brokenChecks([foldIntoConv()], { 'conv2d-bn': { fuses: [train(convThenNorm)] } })
  expect(broken?.message).toMatch('applied 0 times instead of once; it declined: it is in training mode\n')
})

test('rounds are counted together', async () => {
  const twice = Sequential([nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.BatchNorm2d(4)])
  expect(
    await brokenChecks([foldIntoConv()], { 'conv2d-bn': { fuses: [{ model: twice, applies: 2 }] } }),
  ).toEqual([])
})

test('another tree than the one that is printed in the case', async () => {
  const prints = `
    nn.GraphModule (x) -> (1)
      0: nn.Conv2d(3 -> 8, 3x3) : 1 <- x
  `
  const [broken] = await brokenChecks([foldIntoConv()], {
    'conv2d-bn': { fuses: [{ model: convThenNorm, prints }] },
  })
  expect(broken?.message).toMatch(
    'the tree is\n\nnn.GraphModule (x) -> (1)\n  0: nn.Conv2d(3 -> 4, 3x3) : 1 <- x\n\ninstead',
  )
})

describe('what others use', () => {
  const law = 'leaves alone what others use'

  test('a value that somebody else uses taken away', async () => {
    const engine = { plan: recklessPlan({ ignoresOtherUsers: true }) }
    const broken = await brokenChecks([foldIntoConv()], cases, { engine })
    expect(lawsIn(broken)).toEqual([law])
    expect(broken[0]?.message).toMatch('nothing makes the output "0"')
  })

  test('a shared module rewritten', async () => {
    const engine = { plan: recklessPlan({ ignoresOtherUsers: false }) }
    const broken = await brokenChecks([foldIntoConv()], cases, { engine })
    expect(lawsIn(broken)).toEqual([law])
    expect(broken[0]?.message).toMatch(
      'where "0" is called a second time, of what others get, output 0 differs by',
    )
  })
})

describe('a rewrite that changes what it is given', () => {
  test('its attributes: the write itself fails', async () => {
    const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
      const fused = fold(conv, bn, cx)
      ;(bn.attrs as { eps: number }).eps = 0
      return fused
    })
    const broken = await brokenChecks([wrong], cases, { runs: 0 })
    expect(broken).toMatchObject([
      {
        name: 'conv2d-bn fuses: changes no input',
        message: expect.stringMatching(/read only property 'eps'/),
      },
    ])
  })

  test('the bytes of a weight', async () => {
    const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
      const fused = fold(conv, bn, cx)
      peekBytes(conv.attrs.weight)?.fill(0)
      return fused
    })
    const broken = await brokenChecks([wrong], cases)
    expect(lawsIn(broken)).toContain('changes no input')
    expect(broken.find(({ name }) => name.includes('changes no input'))?.message).toMatch(
      'of its input, 0.attrs.weight was float32[4, 3, 3, 3]',
    )
  })

  test('the bytes of a weight, when the new one is read', async () => {
    const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
      const fused = fold(conv, bn, cx) as typeof conv
      const compute = (bytes: Uint8Array, folded: Uint8Array) => bytes.fill(0) && folded
      const inputs = [conv.attrs.weight, fused.attrs.weight]
      const weight = { ...fused.attrs.weight, storage: { type: 'deferred', inputs, compute } }
      return withAttrs(fused, { weight: weight as unknown as typeof conv.attrs.weight })
    })
    expect(await lawsBrokenBy(wrong)).toContain('changes no input')
  })

  test('the cases that were given stay what they were', async () => {
    const conv = Conv2d({ weight: floatTensor([1], [1, 1, 1, 1]) })
    const wrong = rule('conv2d-relu', [Conv2d, ReLU], (given) => {
      peekBytes(given.attrs.weight)?.fill(0)
      return given
    })
    await lawsBrokenBy(wrong, { 'conv2d-relu': { fuses: [Sequential([conv, ReLU()])] } })
    expect(await readValues(conv.attrs.weight)).toEqual(Float32Array.of(1))
  })
})

test('a rewrite that gives something else the second time', async () => {
  let calls = 0
  const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn, cx) => {
    calls += 1
    const nudged = withAttrs(bn, { eps: bn.attrs.eps * (1 + calls * 1e-3) })
    return fold(conv, nudged, cx)
  })
  const broken = await brokenChecks([wrong], cases, { runs: 0 })
  expect(lawsIn(broken)).toEqual(['gives the same again'])
  expect(broken[0]?.message).toMatch('the second time, 0.attrs.weight was float32[4, 3, 3, 3]')
})

test('a rule that applies to its own result for ever', async () => {
  const wrong = rule('tanh-again', [Tanh], () => Tanh())
  const given: Record<string, RuleCases> = {
    'tanh-again': { fuses: [{ model: Sequential([Tanh()]), inputs: [[2, 3]] }] },
  }
  const broken = await brokenChecks([wrong], given, { runs: 0 })
  expect(lawsIn(broken)).toEqual(['applies as often as stated', 'comes to an end'])
  expect(broken[1]?.message).toMatch('it still applied to its own result after 17 rounds')
})

test('a layer that the rule did not take changed', async () => {
  const model = Sequential([convThenNorm, Flatten(), nn.Linear(4 * 6 * 6, 2)])
  const engine = {
    apply: (planned: Plan) => {
      const graph = apply(planned)
      const children = [...graph.children].map(
        ([path, module]) => [path.replace('2', 'two'), module] as const,
      )
      const calls = graph.attrs.calls.map((call) => ({ ...call, target: call.target.replace('2', 'two') }))
      return { ...graph, children: new Map(children), attrs: { ...graph.attrs, calls } }
    },
  }
  const broken = await brokenChecks(
    [foldIntoConv()],
    { 'conv2d-bn': { fuses: [model] } },
    { runs: 0, engine },
  )
  expect(lawsIn(broken)).toEqual(['keeps other layers'])
  expect(broken[0]?.message).toMatch('"2.weight" of a layer that it did not take is gone')
})

describe('what a rule must decline', () => {
  const declines = (model: AnyModule, reason: string | RegExp) =>
    brokenChecks(
      [foldIntoConv()],
      { 'conv2d-bn': { fuses: [convThenNorm], declines: [{ model, reason }] } },
      { runs: 0 },
    )

  test('for the reason that is stated, in full or as a pattern', async () => {
    expect(await declines(train(convThenNorm), 'it is in training mode')).toEqual([])
    expect(await declines(train(convThenNorm), /training/)).toEqual([])
  })

  test('for another reason', async () => {
    const [broken] = await declines(train(convThenNorm), 'training')
    expect(broken?.message).toMatch('its reason is "it is in training mode" instead of "training"')
  })

  test('and does not', async () => {
    const broken = await declines(inference(convThenNorm), /training/)
    expect(lawsIn(broken)).toEqual(['declines with the reason', 'leaves a declined model alone'])
    expect(broken[0]?.message).toMatch('"declines with the reason": it applied')
  })

  test('where its pattern does not even fit', async () => {
    const [broken] = await declines(Sequential([ReLU()]), /training/)
    expect(broken?.message).toMatch('its pattern fits nowhere, so it gives no reason')
  })

  test('and changes all the same', async () => {
    const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv) => {
      peekBytes(conv.attrs.weight)?.fill(0)
      return decline('no')
    })
    const given = {
      'conv2d-bn': { fuses: [convThenNorm], declines: [{ model: convThenNorm, reason: 'no' }] },
    }
    expect(await lawsBrokenBy(wrong, given)).toContain('leaves a declined model alone')
  })
})

describe('the cases themselves', () => {
  const codes = async (rules: readonly Rule[], given: PluginCases, options: LawOptions = {}) =>
    (await brokenChecks(rules, given, { runs: 0, ...options })).map(({ code }) => code)

  test('a rule without cases, or with none where it fuses', async () => {
    expect(await codes([foldIntoConv()], {})).toEqual(['NO_CASES'])
    expect(await codes([foldIntoConv()], { 'conv2d-bn': { fuses: [] } })).toEqual(['NO_CASES'])
  })

  test('cases for a rule that there is not', async () => {
    expect(await codes([], cases)).toEqual(['NO_SUCH_RULE'])
  })

  test('two rules of one name', async () => {
    expect(await codes([foldIntoConv(), foldIntoConv()], cases)).toContain('DUPLICATE_RULE')
  })

  test('a rule that declines every random model', async () => {
    const picky = { ...foldIntoConv(), guards: [() => decline('not today')] }
    expect(await codes([picky], cases, { runs: 3 })).toContain('RULE_NEVER_FUSES')
  })

  test('a model whose input has no shape, and one that cannot be run on what is stated', async () => {
    const free = graphModule({ tanh: Tanh(), relu: ReLU() }, (m, x) => m.relu(m.tanh(x)))
    const tanhRelu = rule('tanh-relu', [Tanh, ReLU], (tanh) => tanh)
    const shapeless = await codes([tanhRelu], { 'tanh-relu': { fuses: [free] } })
    expect(new Set(shapeless)).toEqual(new Set(['NO_INPUT_SHAPE']))
    const small = { 'conv2d-bn': { fuses: [{ model: convThenNorm, inputs: [[2, 3, 1, 1]] }] } }
    expect(await codes([foldIntoConv()], small)).toContain('CASE_CANNOT_RUN')
  })

  test('a rule that throws breaks the laws that it is tried for, cause and all', async () => {
    const wrong = rule('conv2d-bn', [Conv2d, BatchNorm2d], () => {
      throw new RangeError('out of luck')
    })
    const [broken] = await brokenChecks([wrong], cases, { runs: 0 })
    expect(broken?.message).toMatch('rule "conv2d-bn" failed on 0, 1: out of luck')
  })
})
