import { type DType, decode } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import type { Distribution } from './random-inputs.js'
import { randomFeeds } from './random-inputs.js'
import { randomSource } from './random-source.js'

const draw = (dtype: DType, seed = 1, distribution: Distribution = 'normal'): number[] => {
  const inputs = [{ name: 'x', dtype, shape: [100, 10] }]
  const feed = randomFeeds(inputs, () => [100, 10], distribution, randomSource(seed)).get('x')
  return feed === undefined ? [] : Array.from(decode(feed.bytes, dtype), Number)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

test('the same seed gives the same inputs, another seed others', () => {
  expect(draw('float32', 7)).toEqual(draw('float32', 7))
  expect(draw('float32', 7)).not.toEqual(draw('float32', 8))
})

test('are pinned: a check that passed yesterday runs on the same numbers today', () => {
  const random = randomSource(0)
  expect([random.uniform(), random.normal(), random.below(10)]).toMatchInlineSnapshot(`
    [
      0.26642920868471265,
      0.004292822712973226,
      1,
    ]
  `)
})

test('normal floats have mean 0 and deviation 1, uniform ones lie in [0, 1)', () => {
  const normal = draw('float32')
  expect(Math.abs(mean(normal))).toBeLessThan(0.1)
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 0)
  const uniform = draw('float64', 1, 'uniform')
  expect(uniform.every((x) => x >= 0 && x < 1)).toBe(true)
})

describe('integers are small and not negative', () => {
  test.each(['int64', 'int32', 'uint16', 'bool'] as const)('%s', (dtype) => {
    expect(new Set(draw(dtype))).toEqual(new Set([0, 1]))
  })

  test.each(['uint8', 'int8'] as const)('%s, over the range of pictures', (dtype) => {
    const values = draw(dtype)
    expect(Math.max(...values)).toBeGreaterThan(100)
    expect(values.every((value) => value >= 0 && value < 128)).toBe(true)
  })
})
