import { isNnfuseError, ReLU } from '@nnfuse/ir'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePipeline } from './parse-pipeline.js'
import type { Pass } from './pass.js'
import { createPassManager } from './pass-manager.js'
import { pipeline, repeat } from './pipeline.js'
import { printPipeline } from './print-pipeline.js'

const pass = (name: string): Pass => ({ name, description: '', run: (model) => model })
const known = ['flatten', 'fuse', 'drop-identity', 'verify', '@acme/fold:2d'].map(pass)
const [flatten, fuse, dropIdentity, verify] = known as [Pass, Pass, Pass, Pass]

/** A pass without its functions, which no two of are equal. */
const shape = ({ name, parts }: Pass): unknown => ({
  name,
  ...(parts && { ...parts, passes: parts.passes.map(shape) }),
})

describe('a pipeline as text', () => {
  test('is its passes, nested as they are', () => {
    const whole = pipeline(flatten, repeat({ max: 4 }, fuse, dropIdentity), verify)
    expect(printPipeline(whole)).toBe('pipeline(flatten,repeat{max=4}(fuse,drop-identity),verify)')
    expect(printPipeline(repeat({ max: 4, changes: 9 }, pipeline()))).toBe(
      'repeat{max=4,changes=9}(pipeline())',
    )
    expect(printPipeline(fuse)).toBe('fuse')
  })

  test('names a pipeline that was made a pass of its own', () => {
    const cleanup: Pass = { ...pipeline(flatten, dropIdentity), name: 'cleanup' }
    expect(printPipeline(pipeline(cleanup, fuse))).toBe('pipeline(cleanup,fuse)')
    expect(parsePipeline('cleanup', [cleanup])).toBe(cleanup)
  })

  test('quotes names that it would read otherwise', () => {
    const odd = ['', 'a b', 'pipeline', 'repeat', 'f(x)', 'say "so"', 'a,b', 'line\nbreak'].map(pass)
    const text = printPipeline(pipeline(...odd))
    expect(text).toBe(
      String.raw`pipeline("","a b","pipeline","repeat","f(x)","say \"so\"","a,b","line\nbreak")`,
    )
    expect(parsePipeline(text, odd).parts?.passes).toEqual(odd)
  })

  test('may be spaced freely and have its limits in any order', () => {
    const whole = parsePipeline(' pipeline ( flatten ,\n repeat { changes = 3 , max = 4 } ( fuse ) ) ', known)
    expect(printPipeline(whole)).toBe('pipeline(flatten,repeat{max=4,changes=3}(fuse))')
  })

  test('is read back as it was written', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 })
    const trees = names.chain((all) => {
      const leaves = all.map(pass)
      const limits = fc.record(
        { max: fc.integer({ min: 1 }), changes: fc.integer({ min: 1 }) },
        { requiredKeys: ['max'] },
      )
      const { tree } = fc.letrec<{ tree: Pass }>((tie) => ({
        tree: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.constantFrom(...leaves),
          fc.array(tie('tree'), { maxLength: 3 }).map((passes) => pipeline(...passes)),
          fc
            .tuple(limits, fc.array(tie('tree'), { minLength: 1, maxLength: 3 }))
            .map(([limit, passes]) => repeat(limit, ...passes)),
        ),
      }))
      return fc.tuple(tree, fc.constant(leaves))
    })
    fc.assert(
      fc.property(trees, ([tree, leaves]) => {
        const read = parsePipeline(printPipeline(tree), leaves)
        expect(printPipeline(read)).toBe(printPipeline(tree))
        expect(shape(read)).toEqual(shape(tree))
      }),
    )
  })

  test('of any kind is read or refused with a place, never anything else', () => {
    const pieces = ['pipeline', 'repeat', 'fuse', '(', ')', '{', '}', 'max', '=', '4', ',', '"', '\\', ' ']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (words) => {
        try {
          parsePipeline(words.join(''), known)
        } catch (error) {
          expect(error).toMatchObject({
            code: 'BAD_PIPELINE',
            message: expect.stringMatching(/^pipeline text, character \d+: /),
          })
        }
      }),
    )
  })

  test('runs like what it was written from', () => {
    const text = 'pipeline(flatten,repeat{max=2}(fuse,drop-identity),verify)'
    const run = (whole: Pass) => createPassManager({ plugins: [], pipeline: whole }).run(ReLU()).report.passes
    const written = pipeline(flatten, repeat({ max: 2 }, fuse, dropIdentity), verify)
    expect(run(parsePipeline(text, known))).toEqual(run(written))
  })
})

describe('text that is no pipeline', () => {
  test.each([
    ['', 'character 1: expected a pass, but the text ends'],
    ['pipeline(flatten', 'character 17: expected ")" or ",", but the text ends'],
    ['pipeline(flatten,)', 'character 18: expected a pass, but found ")"'],
    ['pipeline', 'character 9: expected "(", but the text ends'],
    ['flatten fuse', 'character 9: expected the end, but found "fuse"'],
    ['flatten)', 'character 8: expected the end, but found ")"'],
    ['repeat(fuse)', 'character 7: expected "{", but found "("'],
    ['repeat{}(fuse)', 'character 7: repeat has no limit "max"'],
    ['repeat{most=4}(fuse)', 'character 8: expected a limit, max or changes, but found "most"'],
    ['repeat{max=4,max=5}(fuse)', 'character 7: repeat has a limit twice'],
    ['repeat{max=0}(fuse)', 'character 12: expected a whole number of at least 1, but found "0"'],
    ['repeat{max=-1}(fuse)', 'character 12: expected a whole number of at least 1, but found "-1"'],
    ['repeat{max=99999999999999999999}(fuse)', 'character 12: expected a whole number'],
    ['repeat{max=4}()', 'character 14: repeat has nothing to repeat'],
    ['pipeline("flatten)', 'character 10: a quoted name does not end'],
    [String.raw`"\x"`, 'character 1: "\\x" is no string as in JSON'],
    ['pipeline(flatten,fuze)', 'character 18: no pass is called "fuze"'],
  ])('%s', (text, problem) => {
    expect(() => parsePipeline(text, known)).toThrow(problem)
  })

  const hintOf = (text: string): string | undefined => {
    try {
      parsePipeline(text, known)
    } catch (error) {
      if (isNnfuseError(error)) return error.hint
    }
    return undefined
  }

  test('is told the nearest names that are known, or all of them', () => {
    expect(hintOf('fuze')).toBe('Nearest are "fuse".')
    expect(hintOf('drop_identities')).toBe('Nearest are "drop-identity".')
    expect(hintOf('vectorize')).toBe(
      'There are "flatten", "fuse", "drop-identity", "verify", "@acme/fold:2d".',
    )
  })

  test('cannot be told where two passes have one name', () => {
    expect(() => parsePipeline('a', [pass('a'), pass('a')])).toThrow('two passes are called "a"')
    expect(parsePipeline('fuse', [fuse, fuse])).toBe(fuse)
  })
})
