import { describe, expect, test } from 'vitest'
import { addDim, wholeNumber } from './parse-options.js'

describe('--dim', () => {
  test('collects sizes, the last = divides', () => {
    expect(addDim('a=b=3', addDim('height=224'))).toEqual(
      new Map([
        ['height', 224],
        ['a=b', 3],
      ]),
    )
  })

  test.each([
    '',
    'height',
    '=3',
    'height=',
    'height=0',
    'height=-1',
    'height=1.5',
    'height=x',
    'height=9999999999',
  ])('refuses "%s"', (text) => {
    expect(() => addDim(text)).toThrowError(expect.objectContaining({ code: 'BAD_DIM' }))
  })
})

describe('numbers', () => {
  test('are whole and large enough', () => {
    expect(wholeNumber('--seed', 0)('0')).toBe(0)
    expect(wholeNumber('--runs', 1)('25')).toBe(25)
  })

  test.each(['', '-1', '1.5', 'x', '1e3', '0x10', '99999999999'])('refuses "%s"', (text) => {
    expect(() => wholeNumber('--seed', 0)(text)).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  })

  test('refuses what is too small', () => {
    expect(() => wholeNumber('--runs', 1)('0')).toThrow(/--runs needs a whole number of at least 1; got "0"/)
  })
})
