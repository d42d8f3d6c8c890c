import { expect, test } from 'vitest'
import { holdsApproximate } from './approximate.js'
import { Linear, ReLU, Sequential } from './index.js'
import { floatTensor } from './tensor-values.js'

const bias = floatTensor([0], [1])
const weight = floatTensor([1], [1, 1])

test('a layer holds what its attributes and its children hold', () => {
  const exact = Linear({ weight, bias })
  const approximate = Linear({ weight: { ...weight, approximate: true }, bias })
  expect([exact, approximate].map(holdsApproximate)).toEqual([false, true])
  expect([Sequential({ exact }), Sequential({ exact, approximate })].map(holdsApproximate)).toEqual([
    false,
    true,
  ])
  expect(holdsApproximate(ReLU())).toBe(false)
})
