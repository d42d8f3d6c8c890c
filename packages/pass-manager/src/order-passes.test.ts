import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderPasses } from './order-passes.js'
import type { Pass } from './pass.js'
import { pipeline, repeat } from './pipeline.js'

const pass = (name: string, constraints: Pick<Pass, 'before' | 'after'> = {}): Pass => ({
  name,
  description: '',
  run: (model) => model,
  ...constraints,
})
const order = (...passes: readonly Pass[]): string[] => orderPasses(passes).map(({ name }) => name)

describe('passes in order', () => {
  test('without constraints stay as they are', () => {
    expect(order(pass('b'), pass('a'), pass('c'))).toEqual(['b', 'a', 'c'])
    expect(order()).toEqual([])
  })

  test('that stand right already stay as they are', () => {
    expect(order(pass('a', { before: ['c'] }), pass('b'), pass('c'))).toEqual(['a', 'b', 'c'])
  })

  test('move behind what must come before them', () => {
    expect(order(pass('b'), pass('c'), pass('a', { before: ['b'] }))).toEqual(['c', 'a', 'b'])
    expect(order(pass('b', { after: ['a'] }), pass('c'), pass('a'))).toEqual(['c', 'a', 'b'])
  })

  test('of a graph of six come out in one order', () => {
    const six = [
      pass('0'),
      pass('1'),
      pass('2', { before: ['3'] }),
      pass('3', { before: ['1'] }),
      pass('4', { before: ['0', '1'] }),
      pass('5', { before: ['0', '2'] }),
    ]
    expect(order(...six)).toEqual(['4', '5', '0', '2', '3', '1'])
  })

  test('may name passes that are not there', () => {
    expect(order(pass('b', { before: ['x'], after: ['y'] }), pass('a'))).toEqual(['b', 'a'])
  })

  test('may say the same twice', () => {
    expect(order(pass('b', { after: ['a', 'a'] }), pass('a', { before: ['b'] }))).toEqual(['a', 'b'])
  })

  test('may be listed twice: no cycle, and constraints hold for both', () => {
    const [a, b] = [pass('a', { before: ['b'] }), pass('b')]
    expect(order(b, a, b)).toEqual(['a', 'b', 'b'])
    expect(order(a, b, a)).toEqual(['a', 'a', 'b'])
  })

  test('stand before or after a whole pipeline that holds the pass they name', () => {
    const fuse = repeat({ max: 4 }, pipeline(pass('fuse')))
    expect(order(fuse, pass('x', { before: ['fuse'] }))).toEqual(['x', fuse.name])
    expect(order(pass('y', { after: ['fuse'] }), fuse)).toEqual([fuse.name, 'y'])
  })

  test('in a pipeline are its own affair', () => {
    const [p, q] = [pass('p', { before: ['q'] }), pass('q')]
    const [one, two] = [pipeline(q, p), pipeline(p, q)]
    expect(order(one, two)).toEqual([one.name, two.name])
  })

  test('that wait for each other are named', () => {
    expect(() => order(pass('a', { before: ['b'] }), pass('b', { before: ['a'] }), pass('c'))).toThrow(
      expect.objectContaining({ code: 'PASS_CYCLE', message: 'passes wait for each other: a -> b -> a' }),
    )
    const three = [pass('a', { before: ['b'] }), pass('b', { before: ['c'] }), pass('c', { before: ['a'] })]
    expect(() => order(pass('tail', { after: ['a'] }), ...three)).toThrow('other: a -> b -> c -> a')
    expect(() => order(pass('a', { after: ['a'] }))).toThrow('other: a -> a')
    const whole = pipeline(pass('b'), pass('c'))
    expect(() => order(whole, pass('x', { after: ['b'], before: ['c'] }))).toThrow(
      'other: pipeline(b,c) -> x -> pipeline(b,c)',
    )
  })

  test('hold every constraint and keep the order of all that are not constrained', () => {
    const edges = fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(7)), { selector: String })
    const places = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7])
    fc.assert(
      fc.property(edges, places, (pairs, list) => {
        const downhill = pairs.filter(([low, high]) => low < high)
        const beforeOf = (i: number) => downhill.filter(([low]) => low === i).map(([, high]) => String(high))
        const sorted = order(...list.map((i) => pass(String(i), { before: beforeOf(i) }))).map(Number)
        expect([...sorted].sort()).toEqual([...list].sort())
        const at = (i: number) => sorted.indexOf(i)
        for (const [low, high] of downhill) {
          if (list.includes(low) && list.includes(high)) expect(at(low)).toBeLessThan(at(high))
        }
        const isFree = (i: number) => !downhill.some(([low, high]) => list.includes(low) && high === i)
        const free = list.filter(isFree)
        expect(sorted.filter(isFree)).toEqual(free)
      }),
    )
  })
})
