import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alignRows, indent, shorten, visible, wrap } from './table.js'

test('columns are aligned, lines end without spaces', () => {
  const rows = [['name', '1', 'x'], ['n', '1,000', ''], ['only a name']]
  expect(alignRows(rows, ['left', 'right'])).toEqual([
    'name             1  x',
    'n            1,000',
    'only a name',
  ])
})

test('long text is shortened, short text is not', () => {
  expect(shorten('abcdef', 4)).toBe('abc…')
  expect(shorten('abcd', 4)).toBe('abcd')
})

test('wrapped lines hold the same words and are no wider than they may be, but for single words', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 })
  fc.assert(
    fc.property(words, (list) => {
      const lines = wrap(list.join(' '), 10)
      expect(lines.join(' ')).toBe(list.join(' '))
      for (const line of lines) expect(line.length <= 10 || !line.includes(' ')).toBe(true)
    }),
  )
})

test('empty lines are not indented', () => {
  expect(indent(['a', '', 'b'])).toEqual(['  a', '', '  b'])
})

test("a model's names cannot move the cursor, change colours or end a line", () => {
  expect(visible('a\x1b[31mb\nc\u202ed')).toBe('a\\u001b[31mb\\u000ac\\u202ed')
})
