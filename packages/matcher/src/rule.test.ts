import { Conv1d, Conv2d, manualSeed, ReLU } from '@nnfuse/ir'
import { P } from 'ts-pattern'
import { describe, expect, test } from 'vitest'
import { patternKey, rule } from './rule.js'
import { oneOf, toSlot, where } from './slot.js'

const nn = manualSeed(0)
const keep = (conv: ReturnType<typeof nn.Conv2d>) => conv

describe('a rule is checked when it is made', () => {
  test('it needs a name', () => {
    expect(() => rule('', [Conv2d], keep)).toThrow('a rule has no name')
  })

  test('it needs a pattern', () => {
    expect(() => rule('nothing', [], () => nn.Conv2d(1, 1, 1))).toThrow('rule "nothing" has an empty pattern')
  })

  test('each slot needs a kind', () => {
    expect(() => rule('hole', [Conv2d, oneOf()], keep)).toThrow('slot 2 of rule "hole" can match no kind')
  })
})

test('slots print as what they accept', () => {
  const made = rule('conv-relu', [oneOf(Conv1d, where(Conv2d, { groups: 1 })), ReLU], (conv) => conv)
  expect(patternKey(made)).toBe('nn.Conv1d | nn.Conv2d({ groups: 1 }), nn.ReLU')
})

test('where narrows a kind by its attributes', () => {
  const pointwise = toSlot(where(Conv2d, { groups: 1, weight: { shape: [P.number, P.number, 1, 1] } }))
  expect(pointwise.accepts(nn.Conv2d(4, 8, 1))).toBe(true)
  expect(pointwise.accepts(nn.Conv2d(4, 8, 3))).toBe(false)
  expect(pointwise.accepts(nn.Conv2d(4, 8, 1, { groups: 2 }))).toBe(false)
})
