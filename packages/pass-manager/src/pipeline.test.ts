import { type AnyModule, isNnfuseError, Linear, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import type { Instrument } from './instrument.js'
import type { Pass } from './pass.js'
import { createPassManager } from './pass-manager.js'
import { pipeline, repeat } from './pipeline.js'

const pass = (name: string, run: Pass['run'], rest: Partial<Pass> = {}): Pass => ({
  name,
  description: name,
  run,
  ...rest,
})
const fine = (name: string): Pass => pass(name, (model) => model)
const failing = pass('failing', () => {
  throw new Error('oops')
})
const grow = pass('grow', (model) => Sequential([model]))

const runOn = (model: AnyModule, whole: Pass, instruments: readonly Instrument[] = []) =>
  createPassManager({ plugins: [], pipeline: whole, instruments }).run(model)

const errorOf = (whole: Pass, instruments: readonly Instrument[] = []): Error & Record<string, unknown> => {
  try {
    runOn(ReLU(), whole, instruments)
  } catch (error) {
    if (isNnfuseError(error)) return error as never
    throw error
  }
  throw new Error('nothing failed')
}

describe('repeat', () => {
  const layers = (model: AnyModule): AnyModule[] => [...model.children.values()]
  const dropFirst = pass('drop-first', (model, { log }) => {
    if (layers(model).length < 2) return model
    log.dropped.push('0')
    return Sequential(layers(model).slice(1))
  })
  const stopOf = (whole: Pass, count: number) => {
    const { model, report } = runOn(Sequential(Array.from({ length: count }, () => ReLU())), whole)
    const { rounds, stopped, limit } = report.passes.find(({ stopped }) => stopped) ?? {}
    return { left: model.children.size, rounds, stopped, limit }
  }

  test('stops when a round changes nothing', () => {
    expect(stopOf(repeat({ max: 9 }, dropFirst), 4)).toEqual({ left: 1, rounds: 4, stopped: 'unchanged' })
  })

  test('stops at the limit of rounds and names it', () => {
    const { report } = runOn(ReLU(), repeat({ max: 3 }, grow))
    expect(report.passes.at(-1)).toMatchObject({ pass: 'repeat{max=3}(grow)', changed: true })
    expect(report.passes.find(({ stopped }) => stopped)).toMatchObject({
      rounds: 3,
      stopped: 'limit',
      limit: 'max',
    })
  })

  test('stops at the limit of changes and names it', () => {
    expect(stopOf(repeat({ max: 9, changes: 2 }, dropFirst), 5)).toEqual({
      left: 3,
      rounds: 2,
      stopped: 'limit',
      limit: 'changes',
    })
  })

  test('counts the changes of each run of its own', () => {
    const twice = repeat({ max: 1, changes: 2 }, dropFirst)
    const { model } = runOn(
      Sequential(Array.from({ length: 9 }, () => ReLU())),
      pipeline(repeat({ max: 9, changes: 3 }, dropFirst), repeat({ max: 9, changes: 2 }, dropFirst), twice),
    )
    expect(model.children.size).toBe(3)
  })

  test('runs several passes a round, mixed ones that change and do not, up to its limit', () => {
    const replace = (name: string, from: AnyModule['kind'], by: () => AnyModule) =>
      pass(name, (model) => {
        const at = layers(model).findIndex(({ kind }) => kind === from)
        return at < 0 ? model : Sequential(layers(model).with(at, by()))
      })
    const nn = manualSeed(0)
    const reluToLinear = replace('relu-to-linear', 'nn.ReLU', () => nn.Linear(2, 2))
    const whole = repeat({ max: 5 }, fine('a'), reluToLinear, pipeline(fine('b'), fine('c')))
    const model = Sequential([ReLU(), Sequential([]), ReLU(), ReLU()])
    const { model: result, report } = runOn(model, whole)
    expect(layers(result).map(({ kind }) => kind)).toEqual([
      'nn.Linear',
      'nn.Sequential',
      'nn.Linear',
      'nn.Linear',
    ])
    expect(Linear.is(layers(result)[0] as AnyModule)).toBe(true)
    expect(report.passes.find(({ stopped }) => stopped)).toMatchObject({ rounds: 4, stopped: 'unchanged' })
    expect(report.passes.filter(({ pass }) => pass === 'c')).toHaveLength(4)
  })

  test('does not go on where nothing has changed since a repeat that it begins with', () => {
    const inner = repeat({ max: 9 }, dropFirst)
    const whole = repeat({ max: 9 }, inner, fine('after'))
    const { model, report } = runOn(Sequential([ReLU(), ReLU(), ReLU()]), whole)
    expect(model.children.size).toBe(1)
    const stops = report.passes.flatMap(({ rounds, stopped }) => (stopped ? [[rounds, stopped]] : []))
    expect(stops).toEqual([
      [3, 'unchanged'],
      [1, 'unchanged'],
    ])
  })

  test('goes on where something has', () => {
    let left = 2
    const add = pass('add', (model) => {
      left -= 1
      return left < 0 ? model : Sequential([ReLU(), ReLU()])
    })
    const whole = repeat({ max: 9 }, repeat({ max: 9 }, dropFirst), add, repeat({ max: 9 }, fine('other')))
    const { model, report } = runOn(Sequential([ReLU()]), whole)
    expect([model.children.size, left]).toEqual([1, -1])
    expect(report.passes.findLast(({ stopped }) => stopped)).toMatchObject({ rounds: 3 })
  })

  test('a limit below one, a limit that is not whole, and nothing to repeat are refused', () => {
    expect(() => repeat({ max: 0 }, failing)).toThrow(
      '"max" of repeat must be a whole number of at least 1, got 0',
    )
    expect(() => repeat({ max: -1 }, failing)).toThrow('at least 1, got -1')
    expect(() => repeat({ max: 2, changes: 0.5 }, failing)).toThrow('"changes" of repeat')
    expect(() => repeat({ max: 2 })).toThrow('no pass to repeat')
  })
})

describe('a pass that fails', () => {
  test('is named with those before it, the failure as the cause', () => {
    const error = errorOf(pipeline(fine('a'), fine('b'), failing, fine('c')))
    expect(error).toMatchObject({
      code: 'PASS_FAILED',
      message: 'pass "failing" failed after a, b: oops',
      path: 'failing',
    })
    expect(error.cause).toEqual(new Error('oops'))
  })

  test('is named in the same way where it runs alone', () => {
    expect(errorOf(failing).message).toBe('pass "failing" failed as the first pass: oops')
  })

  test('deep inside is named once, with everything that ran before it at every level', () => {
    const whole = pipeline(fine('a'), pipeline(fine('b'), pipeline(fine('c'), failing)))
    const error = errorOf(whole)
    expect(error.message).toBe('pass "failing" failed after a, b, c: oops')
    expect(error.cause).toEqual(new Error('oops'))
  })

  test('in a later round says how many rounds went well', () => {
    let round = 0
    const third = pass('third', (model) => {
      round += 1
      if (round === 3) throw new Error('oops')
      return Sequential([model])
    })
    expect(errorOf(pipeline(fine('a'), repeat({ max: 4 }, fine('b'), third))).message).toBe(
      'pass "third" failed after a, 2 rounds of repeat{max=4}(b,third), b: oops',
    )
  })

  test('by way of another pass manager keeps the whole chain of causes', () => {
    const inner = pass('inner', (model) => runOn(model, pipeline(fine('b'), failing)).model)
    const error = errorOf(pipeline(fine('a'), inner))
    expect(error.message).toBe('pass "inner" failed after a: pass "failing" failed after b: oops')
    expect((error.cause as Error).message).toBe('pass "failing" failed after b: oops')
    expect((error.cause as Error).cause).toEqual(new Error('oops'))
  })

  test('by throwing something that is no error is named as well', () => {
    const odd = pass('odd', () => {
      // biome-ignore lint/style/useThrowOnlyError: what others' passes may do
      throw 'text'
    })
    expect(errorOf(odd)).toMatchObject({
      message: 'pass "odd" failed as the first pass: text',
      cause: 'text',
    })
  })

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [3, 'number'],
    [{ model: ReLU() }, 'object'],
    [Promise.resolve(ReLU()), 'a promise'],
  ])('by returning no module is named: %o', (result, what) => {
    const error = errorOf(
      pipeline(
        fine('a'),
        pass('odd', () => result as never),
      ),
    )
    expect(error.message).toBe(`pass "odd" failed after a: pass "odd" returned no module but ${what}`)
    expect(error.cause).toMatchObject({ code: 'BAD_PASS_RESULT', path: 'odd' })
  })

  test('may be a pipeline run without a pass manager', () => {
    const log = { applied: [], tried: new Map(), rounds: [], dropped: [], passes: [], settled: [] }
    expect(() => pipeline(fine('a'), failing).run(ReLU(), { rules: [], exact: 'real', log })).toThrow(
      'pass "failing" failed after a: oops',
    )
  })
})

describe('conditions', () => {
  const no = () => 'a model of another kind' as const

  test('before a pass: it does not run', () => {
    const error = errorOf(pipeline(fine('a'), { ...failing, name: 'picky', requires: no }))
    expect(error.message).toContain(
      'pass "picky" failed after a: pass "picky" requires what does not hold: a model',
    )
    expect(error.cause).toMatchObject({ code: 'PASS_CONDITION', path: 'picky' })
  })

  test('after a pass: what it made is refused', () => {
    const seen: AnyModule[] = []
    const whole = {
      ...grow,
      ensures: (model: AnyModule) => {
        seen.push(model)
        return no()
      },
    }
    expect(errorOf(whole).cause).toMatchObject({
      code: 'PASS_CONDITION',
      message: 'pass "grow" ensures what does not hold: a model of another kind',
    })
    expect(seen.map(print)).toEqual(['nn.Sequential\n  0: nn.ReLU'])
  })

  test('that throw make the pass fail', () => {
    const raising = () => {
      throw new RangeError('no such thing')
    }
    const error = errorOf({ ...fine('a'), requires: raising })
    expect(error.message).toBe('pass "a" failed as the first pass: no such thing')
    expect(error.cause).toBeInstanceOf(RangeError)
  })
})

describe('instruments', () => {
  const noting = (name: string, notes: string[]): Instrument => ({
    beforePass: ({ path }) => notes.push(`${name} before ${path.join('/')}`),
    afterPass: ({ path, changed }) => notes.push(`${name} after ${path.join('/')} ${changed}`),
    onFailure: ({ path, innermost }) => notes.push(`${name} failed ${path.join('/')} ${innermost}`),
  })

  test('see every pass with its place; the last is nearest to the pass', () => {
    const notes: string[] = []
    runOn(ReLU(), pipeline(fine('a'), repeat({ max: 1 }, grow)), [noting('1', notes), noting('2', notes)])
    expect(notes).toEqual([
      '1 before pipeline',
      '2 before pipeline',
      '1 before pipeline/a',
      '2 before pipeline/a',
      '2 after pipeline/a false',
      '1 after pipeline/a false',
      '1 before pipeline/repeat{max=1}',
      '2 before pipeline/repeat{max=1}',
      '1 before pipeline/repeat{max=1}/grow',
      '2 before pipeline/repeat{max=1}/grow',
      '2 after pipeline/repeat{max=1}/grow true',
      '1 after pipeline/repeat{max=1}/grow true',
      '2 after pipeline/repeat{max=1} true',
      '1 after pipeline/repeat{max=1} true',
      '2 after pipeline true',
      '1 after pipeline true',
    ])
  })

  test('are told of a failure at every level, which pass it was, and all of one error', () => {
    const notes: string[] = []
    const errors: Error[] = []
    const collect: Instrument = { onFailure: ({ error }) => errors.push(error) }
    const error = errorOf(pipeline(pipeline(failing)), [noting('1', notes), collect])
    expect(notes.filter((note) => note.includes('failed'))).toEqual([
      '1 failed pipeline/pipeline/failing true',
      '1 failed pipeline/pipeline false',
      '1 failed pipeline false',
    ])
    expect(errors.every((each) => each === error)).toBe(true)
  })

  test('that throw make the pass fail that they watch', () => {
    const strict: Instrument = {
      afterPass: ({ pass }) => {
        if (pass === grow) throw new Error('too big')
      },
    }
    expect(errorOf(pipeline(fine('a'), grow), [strict]).message).toBe('pass "grow" failed after a: too big')
  })

  test('that throw when told of a failure do not hide it', () => {
    const broken: Instrument = {
      onFailure: ({ innermost }) => {
        if (innermost) throw new Error('disk full')
      },
    }
    const error = errorOf(pipeline(fine('a'), failing), [broken])
    expect(error.message).toBe(
      'pass "failing" failed after a: oops; an instrument that was told so failed too: disk full',
    )
    expect(error.cause).toMatchObject({ code: 'PASS_FAILED', cause: new Error('oops') })
  })
})
