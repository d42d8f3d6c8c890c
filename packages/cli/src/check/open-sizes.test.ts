import { describe, expect, test } from 'vitest'
import type { ValueInfo } from '../runtime/loaded-model.js'
import { dimHint, openSizes, shapeWith, sizeAttempts } from './open-sizes.js'

const input = (name: string, ...shape: readonly (number | string)[]): ValueInfo => ({
  name,
  dtype: 'float32',
  shape,
})

const picture = input('image', 'batch', 3, 'height', 'width')

const asObjects = (attempts: readonly ReadonlyMap<string, number>[]) =>
  attempts.map((sizes) => Object.fromEntries(sizes))

test('the first axis is a batch, an axis without a name is called by its place', () => {
  expect(openSizes([input('x', '', 3, '')])).toEqual([
    { name: 'x.0', isBatch: true },
    { name: 'x.2', isBatch: false },
  ])
})

describe('the sizes that are tried', () => {
  test('are one choice where everything is fixed', () => {
    expect(asObjects(sizeAttempts([input('x', 1, 3)], new Map()))).toEqual([{}])
  })

  test('are two batches where only that is open', () => {
    expect(asObjects(sizeAttempts([input('x', 'n', 3)], new Map()))).toEqual([{ n: 2 }, { n: 1 }])
  })

  test('start with 32 and keep what is given', () => {
    const attempts = asObjects(sizeAttempts([picture], new Map([['height', 48]])))
    expect(attempts[0]).toEqual({ height: 48, batch: 2, width: 32 })
    expect(attempts[1]).toEqual({ height: 48, batch: 2, width: 224 })
    expect(attempts).toHaveLength(8)
  })

  test('are the same wherever a name stands', () => {
    const [first] = asObjects(sizeAttempts([input('a', 'n', 'l'), input('b', 'n', 'l')], new Map()))
    expect(first).toEqual({ n: 2, l: 32 })
  })

  test('must be sizes that the model has', () => {
    expect(() => sizeAttempts([picture], new Map([['hight', 48]]))).toThrowError(
      expect.objectContaining({
        code: 'UNKNOWN_DIM',
        hint: 'Its open input sizes are "batch", "height", "width".',
      }),
    )
    expect(() => sizeAttempts([input('x', 1)], new Map([['n', 1]]))).toThrow(/no open input size "n"/)
  })
})

test('a shape takes the chosen sizes', () => {
  expect(
    shapeWith(
      new Map([
        ['batch', 2],
        ['height', 8],
        ['width', 9],
      ]),
      picture,
    ),
  ).toEqual([2, 3, 8, 9])
  expect(shapeWith(new Map([['x.1', 5]]), input('x', 1, ''))).toEqual([1, 5])
})

test('the hint names what was guessed', () => {
  expect(dimHint([picture], new Map([['height', 8]]))).toMatch(/: --dim width=SIZE$/)
  expect(dimHint([input('x', 'n', 3)], new Map())).toBeUndefined()
})
