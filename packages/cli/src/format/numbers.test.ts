import { expect, test } from 'vitest'
import {
  formatBound,
  formatChange,
  formatCount,
  formatDifference,
  formatShare,
  formatTime,
  plural,
} from './numbers.js'

test('counts', () => {
  expect(formatCount(1234567)).toBe('1,234,567')
  expect([plural(1, 'node'), plural(2, 'node'), plural(2, 'batch', 'batches')]).toEqual([
    '1 node',
    '2 nodes',
    '2 batches',
  ])
})

test('differences', () => {
  expect([0, 3.14e-7, 12].map(formatDifference)).toEqual(['0', '3.1e-7', '1.2e+1'])
  expect([1e-4, 0].map(formatBound)).toEqual(['1e-4', '0'])
})

test('times have three digits that mean something', () => {
  expect([0.1234, 1.234, 12.34, 123.4, 12_345].map(formatTime)).toEqual([
    '0.123 ms',
    '1.23 ms',
    '12.3 ms',
    '123 ms',
    '12.3 s',
  ])
})

test('changes and shares', () => {
  expect(formatChange(100, 88)).toBe('-12 (-12.0 %)')
  expect(formatChange(100, 103)).toBe('+3 (+3.0 %)')
  expect(formatChange(5, 5)).toBe('same')
  expect(formatChange(0, 5)).toBe('+5')
  expect(formatShare(482, 500)).toBe('96.40 %')
})
