import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchesOf } from './batches.js'
import { bytesSegment, type Segment } from './segments.js'

const segmentOf = (length: number, start: number): Segment =>
  bytesSegment(Uint8Array.from({ length }, (_, i) => (start + i) % 251))

const contentOf = (segment: Segment): Uint8Array =>
  segment.type === 'bytes' ? segment.bytes : new Uint8Array(0)

test('batches hold all of the segments, in order, and no more than they may', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), fc.integer({ min: 1, max: 8 }), (lengths, grains) => {
      const segments = lengths.map((length, i) => segmentOf(length, i))
      const whole = Buffer.concat(segments.map(contentOf))
      const written = Buffer.alloc(whole.length, 255)
      let end = 0
      for (const { position, length, pieces } of batchesOf(segments, 16 * grains)) {
        expect(position).toBe(end)
        expect(length).toBeLessThanOrEqual(16 * grains)
        expect(length).toBeGreaterThan(0)
        for (const { segment, offset, length: part, at } of pieces) {
          written.set(contentOf(segment).subarray(offset, offset + part), position + at)
          expect(at + part).toBeLessThanOrEqual(length)
        }
        end = position + length
      }
      expect(end).toBe(whole.length)
      expect(written.equals(whole)).toBe(true)
    }),
  )
})

test('a segment is cut between elements of any size, wherever in a batch it begins', () => {
  const batches = [...batchesOf([segmentOf(5, 0), segmentOf(100, 0)], 32)]
  expect(batches.flatMap(({ pieces }) => pieces.map(({ offset }) => offset % 16))).toEqual(
    batches.flatMap(({ pieces }) => pieces.map(() => 0)),
  )
  expect(batches.map(({ length }) => length)).toEqual([21, 32, 32, 20])
})
