import fc from 'fast-check'
import { expect, test } from 'vitest'
import { argmaxRows } from './accuracy.js'

test('each row gives the place of its largest value, the first of equals', () => {
  expect(argmaxRows([1, 3, 2, 9, 9, 0], 3)).toEqual([1, 0])
})

test('no value of a row is larger than the one it names', () => {
  const matrix = fc.integer({ min: 1, max: 5 }).chain((width) => {
    const row = fc.array(fc.integer(), { minLength: width, maxLength: width })
    return fc.array(row, { maxLength: 5 })
  })
  fc.assert(
    fc.property(matrix, (rows) => {
      const places = argmaxRows(rows.flat(), rows[0]?.length ?? 1)
      expect(rows.map((row, i) => row[places[i] ?? -1])).toEqual(rows.map((row) => Math.max(...row)))
    }),
  )
})
