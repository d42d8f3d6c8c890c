import { encode } from '@nnfuse/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Result } from '../runtime/loaded-model.js'
import { boundFor, compareNumbers, compareResults, worseOf } from './compare-results.js'

const float32 = (values: readonly number[], shape: readonly number[] = [values.length]): Result => ({
  dtype: 'float32',
  shape,
  values: encode(values, 'float32'),
})

test('measures against the largest value of the output, not each by itself', () => {
  const { absolute, relative } = compareNumbers([1000, 0.001], [1000, 0.002])
  expect(absolute).toBeCloseTo(0.001)
  expect(relative).toBeCloseTo(1e-6)
})

test('any numbers, special ones included, agree with themselves', () => {
  fc.assert(
    fc.property(fc.float32Array(), (values) => {
      const difference = compareNumbers(values, values)
      expect(difference).toMatchObject({ absolute: 0, relative: 0 })
      expect(difference.problem).toBeUndefined()
    }),
  )
})

describe('a value that is not finite', () => {
  test.each([
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.NaN, Number.POSITIVE_INFINITY],
  ])('is a problem where one gives %d and the other %d', (a, b) => {
    expect(compareNumbers([0, a], [0, b]).problem).toMatch(/1 elements are NaN or infinite in one model only/)
  })

  test('proves nothing where both give it', () => {
    expect(compareNumbers([Number.NaN], [Number.NaN]).compared).toBe(0)
  })
})

test('an output of zeros is compared absolutely', () => {
  expect(compareNumbers([0, 0], [0, 1e-6]).relative).toBe(1e-6)
})

test('shapes and types must be the same', () => {
  expect(compareResults(float32([1, 2]), float32([1, 2], [2, 1])).problem).toBe(
    'it is float32[2] in one model and float32[2, 1] in the other',
  )
})

test('64-bit integers and strings are compared', () => {
  const integers = (value: number): Result => ({
    dtype: 'int64',
    shape: [1],
    values: encode([value], 'int64'),
  })
  expect(compareResults(integers(7), integers(9)).absolute).toBe(2)
  const text = (value: string): Result => ({ dtype: 'string', shape: [1], values: [value] })
  expect(compareResults(text('cat'), text('cat')).problem).toBeUndefined()
  expect(compareResults(text('cat'), text('dog')).problem).toBe('1 strings differ')
})

test('of several batches the worst counts', () => {
  const [good, bad] = [compareNumbers([1], [1]), compareNumbers([1], [Number.NaN])]
  expect(worseOf(good, bad)).toEqual({ absolute: 0, relative: 0, compared: 1, problem: bad.problem })
})

describe('what counts as equal', () => {
  test('follows the output', () => {
    expect(boundFor('float32', [])).toBe(1e-4)
    expect(boundFor('float64', [])).toBe(1e-9)
    expect(boundFor('float16', [])).toBe(1e-2)
  })

  test('is looser where the weights have fewer bits than the output', () => {
    expect(boundFor('float32', ['float16', 'float32'])).toBe(1e-2)
  })

  test('is nothing but the same for integers', () => {
    expect(boundFor('int64', ['float16'])).toBe(0)
  })
})
