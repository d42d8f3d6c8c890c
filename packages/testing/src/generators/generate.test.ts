import { elementCount, floatTensor, type Tensor } from '@nnfuse/ir'
import { assert, check, property } from 'fast-check'
import { expect, test } from 'vitest'
import { generate, type Random } from '../index.js'

const seeded = { seed: 0, numRuns: 200 }

/** All that was drawn in many runs. */
const drawn = <T>(make: (random: Random) => T): T[] => {
  const all: T[] = []
  assert(
    property(generate(make), (value) => void all.push(value)),
    seeded,
  )
  return all
}

test('what is drawn keeps to its limits, and reaches them', () => {
  expect(new Set(drawn((random) => random.integer(2, 4)))).toEqual(new Set([2, 3, 4]))
  expect(new Set(drawn((random) => random.boolean()))).toEqual(new Set([true, false]))
  expect(new Set(drawn((random) => random.oneOf('a', 'b')))).toEqual(new Set(['a', 'b']))
  const tensors = drawn((random) => random.tensor([2, random.integer(1, 3)], { min: 0.5, max: 1 }))
  expect(new Set(tensors.map(({ shape }) => elementCount(shape)))).toEqual(new Set([2, 4, 6]))
})

test('the same seed draws the same', () => {
  const make = (random: Random): number[] => [random.integer(0, 99), random.integer(0, 99)]
  expect(drawn(make)).toEqual(drawn(make))
  expect(new Set(drawn(make).map(String)).size).toBeGreaterThan(50)
})

test('what breaks a property is made smaller', () => {
  interface Layer {
    readonly groups: number
    readonly factor: Tensor
  }
  const layers = generate(
    (random): Layer => ({ groups: random.integer(1, 9), factor: random.tensor([random.integer(1, 9)]) }),
  )
  const { counterexample } = check(
    property(layers, ({ groups, factor }) => groups < 3 || factor.shape[0] === 1),
    seeded,
  )
  expect(counterexample).toEqual([{ groups: 3, factor: floatTensor([0, 0], [2]) }])
})
