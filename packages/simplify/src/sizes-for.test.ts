import type { Dim, ReshapeSize } from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { sizesFor } from './sizes-for.js'

test.each<[sizes: Dim[], shape: Dim[] | undefined, ReshapeSize[] | undefined]>([
  [[2, 3], undefined, [2, 3]],
  [[null, 3], undefined, [-1, 3]],
  [[null, null], undefined, undefined],
  [['n', 3], undefined, [-1, 3]],
  [
    ['n', 'm'],
    ['n', 'k'],
    ['copy', -1],
  ],
  [
    ['n', 'm'],
    ['n', 'm'],
    ['copy', -1],
  ],
  [['m', 'n'], ['n', 'm'], undefined],
  [
    ['4·n', 3],
    ['n', 12],
    [-1, 3],
  ],
  [
    ['4·n', 'h'],
    ['4·n', 'h'],
    ['copy', -1],
  ],
  [[-1, 3], undefined, [-1, 3]],
  [
    ['n', -1],
    ['n', 'k'],
    ['copy', -1],
  ],
  [['n', -1], ['m', 'k'], undefined],
  [['n', -1], undefined, undefined],
  [
    ['2·n', -1],
    ['n', 12],
    [-1, 6],
  ],
  [[null, -1], ['n', 12], undefined],
  [['2·n', -1, 5], ['n', 12], undefined],
  [['m', -1], ['n', 'm'], undefined],
  [['2·n', -1], ['n', 0], undefined],
  [['n', -1, -1], ['m', 'n'], undefined],
  [[-1, -1], [1, 1], undefined],
  [[0, 3], ['n', 3], undefined],
  [[-2, 3], ['n', 3], undefined],
])('%j of %j', (sizes, shape, expected) => {
  expect(sizesFor(sizes, { dtype: 'float32', shape })).toEqual(expected)
})
