import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  GraphModule,
  graphModule,
  manualSeed,
  print,
  ReLU,
  Sequential,
  Tanh,
  withAttrs,
} from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import type { Instrument } from '../instrument.js'
import { parsePipeline } from '../parse-pipeline.js'
import type { Pass } from '../pass.js'
import { createPassManager } from '../pass-manager.js'
import { flatten } from '../passes/flatten.js'
import { verify } from '../passes/verify.js'
import { pipeline, repeat } from '../pipeline.js'
import { definePlugin } from '../plugin.js'
import { numericCheckEach } from './numeric-check-each.js'
import { printTree } from './print-tree.js'
import { type Reproducer, reproducer } from './reproducer.js'
import { timing } from './timing.js'
import { verifyEach } from './verify-each.js'

const pass = (name: string, run: Pass['run'] = (model) => model): Pass => ({ name, description: '', run })
const grow = pass('grow', (model) => Sequential([model]))
const failing = pass('failing', () => {
  throw new Error('oops')
})

const runOn = (model: AnyModule, whole: Pass, ...instruments: readonly Instrument[]) =>
  createPassManager({ plugins: [], pipeline: whole, instruments }).run(model)

/** Uses a value that nothing makes. */
const broken = (model: AnyModule): AnyModule => {
  if (!GraphModule.is(model)) throw new Error('not a graph')
  return withAttrs(model, { ...model.attrs, calls: model.attrs.calls.slice(1) })
}
const flat = graphModule({ a: ReLU(), b: Tanh() }, (m, x) => m.b(m.a(x)))
const problem = '"b" uses value "a" before anything makes it'

describe('timing', () => {
  const clock = () => {
    let at = 0
    return {
      now: () => at,
      wait: (milliseconds: number) =>
        pass('wait', (m) => {
          at += milliseconds
          return m
        }),
    }
  }

  test('counts calls and adds up milliseconds, those of passes inside included', () => {
    const { now, wait } = clock()
    const watch = timing({ now })
    const slow: Pass = { ...wait(5), name: 'slow' }
    runOn(ReLU(), pipeline(wait(2), repeat({ max: 3 }, grow, slow), wait(1)), watch)
    expect(watch.times()).toEqual([
      { pass: 'wait', calls: 2, milliseconds: 3 },
      { pass: 'grow', calls: 3, milliseconds: 0 },
      { pass: 'slow', calls: 3, milliseconds: 15 },
      { pass: 'pipeline(grow,slow)', calls: 3, milliseconds: 15 },
      { pass: 'repeat{max=3}(grow,slow)', calls: 1, milliseconds: 15 },
      { pass: 'pipeline(wait,repeat{max=3}(grow,slow),wait)', calls: 1, milliseconds: 18 },
    ])
  })

  test('measures passes that fail, and the next run as if nothing had been', () => {
    const { now, wait } = clock()
    const watch = timing({ now })
    const refuse: Instrument = {
      beforePass: ({ pass }) => {
        if (pass === failing) throw new Error('refused')
      },
    }
    expect(() => runOn(ReLU(), pipeline(wait(2), failing), refuse, watch)).toThrow('refused')
    runOn(ReLU(), wait(4), watch)
    expect(watch.times()).toEqual([
      { pass: 'wait', calls: 2, milliseconds: 6 },
      { pass: 'pipeline(wait,failing)', calls: 1, milliseconds: 2 },
    ])
  })
})

describe('print-tree', () => {
  const written = (when?: 'before' | 'after' | 'change'): string[] => {
    const texts: string[] = []
    const write = (text: string) => void texts.push(text)
    runOn(ReLU(), pipeline(pass('same'), grow), printTree(when === undefined ? { write } : { write, when }))
    return texts
  }
  const [small, big] = ['nn.ReLU', 'nn.Sequential\n  0: nn.ReLU']

  test('prints what each pass changes', () => {
    expect(written()).toEqual([`after pipeline > grow:\n${big}`])
    expect(written('change')).toEqual(written())
  })

  test('prints before or after each pass', () => {
    expect(written('before')).toEqual([
      `before pipeline > same:\n${small}`,
      `before pipeline > grow:\n${small}`,
    ])
    expect(written('after')).toEqual([`after pipeline > same:\n${small}`, `after pipeline > grow:\n${big}`])
  })
})

describe('verify-each', () => {
  test('names the pass that broke the graph, not the one that would stumble over it', () => {
    const whole = pipeline(flatten, repeat({ max: 2 }, pass('breaks', broken)), failing)
    expect(() => runOn(flat, whole, verifyEach())).toThrow(
      expect.objectContaining({
        code: 'PASS_FAILED',
        path: 'breaks',
        message: `pass "breaks" failed after flatten: what "breaks" made is not well formed: ${problem}`,
        cause: expect.objectContaining({ code: 'BAD_MODEL' }),
      }),
    )
  })

  test('finds what is wrong in a graph inside', () => {
    const wraps = pass('wraps', (model) => Sequential({ inner: broken(model) }))
    expect(() => runOn(flat, pipeline(wraps), verifyEach())).toThrow(`what "wraps" made is not well formed`)
  })

  test('finds a container that is called with too many inputs', () => {
    const inner = graphModule({ a: ReLU() }, (m, x) => m.a(x))
    const overfull = pass('overfull', () =>
      GraphModule(new Map([['inner', inner]]), {
        inputs: ['x'],
        calls: [{ target: 'inner', inputs: ['x', 'x'], outputs: ['y'] }],
        outputs: ['y'],
        types: new Map(),
      }),
    )
    expect(() => runOn(flat, overfull, verifyEach())).toThrow('"inner" takes 1 inputs but is given 2')
  })

  test('blames no pass for a model that was broken before', () => {
    expect(() => runOn(broken(flat), pipeline(pass('same')), verifyEach())).toThrow(
      'the model that was given is not well formed',
    )
  })

  test('lets a run that breaks nothing be', () => {
    expect(runOn(Sequential([flat]), pipeline(flatten, grow), verifyEach()).model.children.size).toBe(1)
  })

  test('is a pass as well, which looks once', () => {
    expect(runOn(flat, verify).model).toBe(flat)
    expect(() => runOn(flat, pipeline(pass('breaks', broken), verify))).toThrow(
      `pass "verify" failed after breaks: ${problem}`,
    )
  })
})

describe('numeric-check-each', () => {
  const lastIsReLU = (model: AnyModule): boolean => print(model).endsWith('ReLU')
  const compare = (before: AnyModule, after: AnyModule): string | undefined =>
    lastIsReLU(before) === lastIsReLU(after) ? undefined : 'something else comes out'
  const wrong = pass('wrong', (model) => Sequential([model, Tanh()]))
  const expected = [
    { pass: 'wrong', path: ['pipeline', 'wrong'], change: 2, problem: 'something else comes out' },
  ]

  test('compares, after the run, the models around each pass that changed something', async () => {
    const compared: string[] = []
    const check = numericCheckEach({
      compare: (before, after) => {
        compared.push(`${before.children.size} ${after.children.size}`)
        return compare(before, after)
      },
    })
    runOn(ReLU(), pipeline(pass('same'), grow, wrong, repeat({ max: 1 }, grow)), check)
    expect(compared).toEqual([])
    expect(await check.problems()).toEqual(expected)
    expect(compared).toEqual(['0 1', '1 2', '2 1'])
    expect(await check.problems()).toEqual([])
  })

  test('takes a comparer that has to wait', async () => {
    const check = numericCheckEach({ compare: (before, after) => Promise.resolve(compare(before, after)) })
    runOn(ReLU(), pipeline(grow, wrong), check)
    expect(await check.problems()).toEqual(expected)
  })

  test('says between which models the comparer failed', async () => {
    const check = numericCheckEach({ compare: () => Promise.reject(new Error('no inputs')) })
    runOn(ReLU(), grow, check)
    await expect(check.problems()).rejects.toMatchObject({
      code: 'CANNOT_COMPARE',
      message: 'the models before and after pass "grow" cannot be compared: no inputs',
    })
  })
})

describe('reproducer', () => {
  const saved = (model: AnyModule, whole: Pass): Reproducer[] => {
    const found: Reproducer[] = []
    expect(() => runOn(model, whole, reproducer({ save: (each) => found.push(each) }))).toThrow('failed')
    return found
  }

  test('hands out the pass that failed and the model before it, once', () => {
    const found = saved(ReLU(), pipeline(grow, repeat({ max: 2 }, pass('same'), failing)))
    expect(found).toMatchObject([
      {
        pipeline: 'failing',
        path: ['pipeline', 'repeat{max=2}', 'pipeline', 'failing'],
        message: 'pass "failing" failed after grow, same: oops',
        tree: 'nn.Sequential\n  0: nn.ReLU',
      },
    ])
  })

  test('what it hands out fails again in the same way', () => {
    const odd: Pass = { ...failing, name: 'fails (always)' }
    const [found] = saved(ReLU(), pipeline(grow, odd)) as [Reproducer]
    expect(() => runOn(found.model, parsePipeline(found.pipeline, [odd]))).toThrow('oops')
  })

  test('hands out nothing where nothing fails', () => {
    const found: Reproducer[] = []
    runOn(ReLU(), pipeline(grow), reproducer({ save: (each) => found.push(each) }))
    expect(found).toEqual([])
  })
})

test('all of them together change nothing about a run', async () => {
  const nn = manualSeed(0)
  const convBn = rule('conv-bn', [Conv2d, BatchNorm2d], (layer) => layer)
  const plugins = [definePlugin({ name: 'p', rules: [convBn] })]
  const model = Sequential({ conv: nn.Conv2d(2, 2, 1), bn: nn.BatchNorm2d(2), relu: ReLU() })
  let ticks = 0
  const watch = timing({ now: () => ticks++ })
  const check = numericCheckEach({ compare: () => undefined })
  const write = () => undefined
  const others = [printTree({ write }), verifyEach(), reproducer({ save: write })]
  const seen = createPassManager({ plugins, instruments: [watch, check, ...others] }).run(model)
  const unseen = createPassManager({ plugins }).run(model)
  expect(seen.report).toEqual(unseen.report)
  expect(print(seen.model)).toBe(print(unseen.model))
  expect(watch.times().map(({ pass, calls }) => [pass, calls])).toEqual([
    ['flatten', 1],
    ['drop-identity', 2],
    ['fuse', 2],
    ['pipeline(drop-identity,fuse)', 2],
    ['repeat{max=16}(drop-identity,fuse)', 1],
    ['pipeline(flatten,repeat{max=16}(drop-identity,fuse))', 1],
  ])
  expect(await check.problems()).toEqual([])
})
