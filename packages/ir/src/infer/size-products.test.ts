import { expect, test } from 'vitest'
import type { Dim } from '../value-type.js'
import { equalSizes, isSizeProduct, sizeProductOf } from './size-products.js'
import { divideDims, product } from './sizes.js'

test.each<[Dim[], Dim]>([
  [[], 1],
  [[3, 4], 12],
  [['n'], 'n'],
  [[1, 'n'], 'n'],
  [[4, 'n'], '4·n'],
  [['w', 2, 'h', 3], '6·h·w'],
  [['4·n', '3·h·w'], '12·h·n·w'],
  [['n', 'n'], 'n·n'],
  [[0, 'n'], 0],
  [['n', null], null],
  [[-1, 'n'], null],
  [[2 ** 40, 2 ** 40], null],
  [['2·n', 2 ** 53 - 1], null],
])('the product of %j is %j', (dims, result) => {
  expect(product(dims)).toBe(result)
})

test.each<[Dim, Dim, Dim]>([
  [12, 4, 3],
  [12, 5, null],
  [0, 4, 0],
  [4, 0, null],
  ['n', 'n', 1],
  ['12·h·n', '4·n', '3·h'],
  ['n·n', 'n', 'n'],
  ['n', 'n·n', null],
  ['4·n', 'h', null],
  ['6·n', 4, null],
  [null, 1, null],
])('%j / %j is %j', (a, b, result) => {
  expect(divideDims([a], [b])).toBe(result)
})

test('a product that is squared again and again is given up', () => {
  let dim: Dim = 'n'
  for (let i = 0; i < 60; i++) dim = product([dim, dim])
  expect(dim).toBeNull()
})

test('what is not known equals nothing', () => {
  expect(equalSizes(sizeProductOf('4·n'), sizeProductOf('4·n'))).toBe(true)
  expect(equalSizes(sizeProductOf('n'), sizeProductOf('m'))).toBe(false)
  expect(equalSizes(sizeProductOf(null), sizeProductOf(null))).toBe(false)
})

test('a symbol may have digits, but not only', () => {
  expect(['4·n', 'h·w', '4n', '7', 'n', 4, null].map(isSizeProduct)).toEqual([
    true,
    true,
    ...new Array<boolean>(5).fill(false),
  ])
  expect(product(['4n', 2])).toBe('2·4n')
  expect(product(['7', 2])).toBeNull()
})
