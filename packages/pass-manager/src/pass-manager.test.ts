import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  Dropout,
  flatten as flattenModel,
  type GraphModuleOf,
  graphModule,
  hook,
  Identity,
  manualSeed,
  print,
  ReLU,
  Sequential,
  train,
  withGraph,
  withHooks,
} from '@nnfuse/ir'
import { decline, rule } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import type { Pass } from './pass.js'
import { createPassManager, type PassManagerOptions } from './pass-manager.js'
import { dropIdentity } from './passes/drop-identity.js'
import { definePlugin, type Plugin } from './plugin.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)

const convBn = rule('conv-bn', [Conv2d, BatchNorm2d], (layer) => layer, { eliminates: [BatchNorm2d] })
const plugin = (name: string, ...rules: Plugin['rules'] & object): Plugin => definePlugin({ name, rules })

describe('the default pipeline', () => {
  test('fuses until nothing changes, and says what happened', () => {
    const manager = createPassManager({ plugins: [plugin('p', convBn)] })
    const { model, report } = manager.run(
      Sequential({ conv: conv(), bn1: bn(), bn2: bn(), relu: ReLU(), bn3: bn() }),
    )
    expect(print(model)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (bn3)
        conv: nn.Conv2d(2 -> 2, 1x1) : bn2 <- x
        relu: nn.ReLU : relu <- bn2
        bn3: nn.BatchNorm2d(2) : bn3 <- relu"
    `)
    expect(report.applied).toEqual([
      { rule: 'conv-bn', paths: ['conv', 'bn1'], path: 'conv', into: 'nn.Conv2d', exactness: 'real' },
      { rule: 'conv-bn', paths: ['conv', 'bn2'], path: 'conv', into: 'nn.Conv2d', exactness: 'real' },
    ])
    expect(report.rules).toEqual([
      {
        rule: 'conv-bn',
        plugin: 'p',
        pattern: ['nn.Conv2d', 'nn.BatchNorm2d'],
        tried: 2,
        applied: 2,
        declined: 0,
      },
    ])
    expect(report.left.map(({ path }) => path)).toEqual(['bn3'])
    expect(report.passes.find(({ stopped }) => stopped)).toMatchObject({ stopped: 'unchanged', rounds: 3 })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('goes on where a pass after the rounds makes room for more, and runs what is last once', () => {
    const runs = { after: 0, last: 0 }
    const passes: Plugin['passes'] = [
      {
        name: 'drop-last',
        description: '',
        afterRounds: true,
        run: (model) => {
          runs.after += 1
          const { calls } = (model as GraphModuleOf).attrs
          if (runs.after > 1) return model
          const attrs = { ...(model as GraphModuleOf).attrs, calls: calls.slice(0, -1), outputs: ['relu'] }
          return withGraph(model as GraphModuleOf, model.children, attrs)
        },
      },
      {
        name: 'last',
        description: '',
        last: true,
        run: (model) => {
          runs.last += 1
          return model
        },
      },
    ]
    const manager = createPassManager({ plugins: [definePlugin({ name: 'p', rules: [convBn], passes })] })
    const { report } = manager.run(Sequential({ conv: conv(), relu: ReLU(), bn: bn() }))
    expect(runs).toEqual({ after: 2, last: 1 })
    expect(report.passes.filter(({ stopped }) => stopped).map(({ rounds }) => rounds)).toEqual([1, 1, 2])
  })

  test('layers whose weights a runtime may compute with other bits stay where bits count', () => {
    const exact = rule('conv-bn', [Conv2d, BatchNorm2d], (layer) => layer, { exactness: 'bits' })
    const layer = conv()
    const weight = { ...layer.attrs.weight, approximate: true as const }
    const model = Sequential({ a: Conv2d({ ...layer.attrs, weight }), b: bn(), c: conv(), d: bn() })
    const reportOf = (exactness: 'bits' | 'real') =>
      createPassManager({ plugins: [plugin('p', exact)], exact: exactness }).run(model).report
    expect(reportOf('bits').applied.map(({ paths }) => paths)).toEqual([['c', 'd']])
    expect(reportOf('bits').declined.map(({ reason }) => reason)).toEqual([
      'the file computes its weights, and a runtime may round that otherwise',
    ])
    expect(reportOf('real').applied.map(({ paths, exactness }) => [...paths, exactness])).toEqual([
      ['a', 'b', 'real'],
      ['c', 'd', 'bits'],
    ])
  })

  test('fuses inside a container that hooks keep whole', () => {
    const watched = withHooks(Sequential({ conv: conv(), bn: bn() }), {
      forwardPre: [hook(() => undefined)],
      forward: [],
    })
    const { model, report } = createPassManager({ plugins: [plugin('p', convBn)] }).run(
      Sequential({ block: watched }),
    )
    expect(report.applied).toEqual([
      {
        rule: 'conv-bn',
        paths: ['block.conv', 'block.bn'],
        path: 'block.conv',
        into: 'nn.Conv2d',
        exactness: 'real',
      },
    ])
    expect([...(model.children.get('block')?.children.keys() ?? [])]).toEqual(['conv'])
    expect(model.children.get('block')?.hooks.forwardPre).toHaveLength(1)
  })
})

describe('plugins come through one door', () => {
  test('two rules of one name are refused', () => {
    expect(() => createPassManager({ plugins: [plugin('a', convBn), plugin('b', convBn)] })).toThrow(
      'plugins "a" and "b" both have a rule "conv-bn"',
    )
  })

  test('a plugin given twice is refused', () => {
    expect(() => createPassManager({ plugins: [plugin('a'), plugin('a')] })).toThrow(
      'plugin "a" is given twice',
    )
  })

  test('a later plugin overrides the same pattern, and the report says so', () => {
    const other = rule('other', [Conv2d, BatchNorm2d], (layer) => layer)
    const manager = createPassManager({ plugins: [plugin('a', convBn), plugin('b', other)] })
    const { report } = manager.run(Sequential([conv(), bn()]))
    expect(report.applied.map(({ rule }) => rule)).toEqual(['other'])
    expect(report.diagnostics).toEqual([
      { code: 'OVERRIDDEN_RULE', message: '"other" overrides "conv-bn" of a: same pattern' },
    ])
  })

  test('rules of one plugin may have one pattern: the first that applies is used', () => {
    const never = rule('never', [Conv2d, BatchNorm2d], () => decline('not this one'))
    const { report } = createPassManager({ plugins: [plugin('a', never, convBn)] }).run(
      Sequential([conv(), bn()]),
    )
    expect(report.applied.map(({ rule }) => rule)).toEqual(['conv-bn'])
    expect(report.diagnostics).toEqual([])
  })

  test('a plugin of the wrong shape says which field', () => {
    expect(() => definePlugin({ name: 'a', rules: convBn } as never)).toThrow('a: rules must be an array')
    expect(() => definePlugin({} as never)).toThrow('plugin: it has no name')
  })
})

describe('passes of plugins', () => {
  const ran: string[] = []
  const noting = (name: string, constraints: Partial<Pass> = {}): Pass => ({
    name,
    description: '',
    ...constraints,
    run: (model) => {
      ran.push(name)
      return model
    },
  })
  const plugins = [
    definePlugin({ name: 'p', passes: [noting('early', { before: ['fuse'] }), noting('late')] }),
  ]
  const passesRun = (options: Partial<PassManagerOptions>): string[] => {
    ran.length = 0
    const { report } = createPassManager({ plugins, ...options }).run(Sequential([ReLU()]))
    expect(report.passes.map(({ pass }) => pass)).toEqual(expect.arrayContaining(ran))
    return report.passes.map(({ pass }) => pass).filter((pass) => !pass.includes('('))
  }

  test('do not run where nobody asks for them', () => {
    expect(passesRun({})).toEqual(['flatten', 'drop-identity', 'fuse'])
  })

  test('run where the text of the pipeline names them, beside those that are built in', () => {
    const text = 'pipeline(late,flatten,repeat{max=2}(early,fuse),verify)'
    expect(passesRun({ pipeline: text })).toEqual(['late', 'flatten', 'early', 'fuse', 'verify'])
    expect(() => createPassManager({ plugins, pipeline: 'pipeline(flaten)' })).toThrow(
      expect.objectContaining({ code: 'BAD_PIPELINE', hint: 'Nearest are "flatten", "late".' }),
    )
  })

  test('are added where their constraints say on request, those already in it left alone', () => {
    expect(passesRun({ addPluginPasses: true })).toEqual([
      'flatten',
      'early',
      'drop-identity',
      'fuse',
      'late',
    ])
    expect(passesRun({ addPluginPasses: true, pipeline: 'repeat{max=1}(late)' })).toEqual(['late', 'early'])
    expect(passesRun({ addPluginPasses: true, pipeline: 'pipeline(late,early)' })).toEqual(['late', 'early'])
  })
})

describe('drop-identity', () => {
  const dropped = (model: AnyModule) => {
    const { model: result, report } = createPassManager({ plugins: [], pipeline: dropIdentity }).run(model)
    return { text: print(result), report, result }
  }

  test('removes identities and inference-mode dropout; outputs keep their names', () => {
    const model = graphModule({ relu: ReLU(), same: Identity(), drop: Dropout() }, (m, x) =>
      m.drop(m.same(m.relu(x))),
    )
    const { text, report } = dropped(model)
    expect(text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (drop)
        relu: nn.ReLU : drop <- x"
    `)
    expect(report.dropped).toEqual(['same', 'drop'])
  })

  test('keeps dropout that trains and identities that hooks watch', () => {
    const watched = withHooks(Identity(), { forwardPre: [], forward: [hook(() => undefined)] })
    const model = flattenModel(Sequential([watched, train(Dropout())]))
    expect(dropped(model).result).toBe(model)
  })

  test('keeps an identity between an input and an output of the model', () => {
    const model = graphModule({ same: Identity() }, (m, x) => m.same(x))
    expect(dropped(model).result).toBe(model)
  })

  test('keeps the second of two outputs that are one value', () => {
    const model = graphModule({ relu: ReLU(), a: Identity(), b: Identity() }, (m, x) => {
      const y = m.relu(x)
      return [m.a(y), m.b(y)]
    })
    expect(dropped(model).text).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (a, b)
        relu: nn.ReLU : a <- x
        b: nn.Identity : b <- a"
    `)
  })
})
