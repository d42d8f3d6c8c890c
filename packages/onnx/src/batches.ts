import { type Segment, segmentSize } from './segments.js'

/** Part of a segment, and where in a batch it goes. All numbers count bytes. */
export interface Piece {
  readonly segment: Segment
  /** From the segment's first byte. */
  readonly offset: number
  readonly length: number
  /** From the batch's first byte. */
  readonly at: number
}

/** What is written at once. */
export interface Batch {
  /** Where in the file it begins. */
  readonly position: number
  readonly length: number
  readonly pieces: readonly Piece[]
}

/** Tensors are cut between two elements: no element is larger than this, and its size divides this. */
const grain = 16

/** How much of what is left of a segment goes into the room that a batch has left; 0 for none of it. */
const partOf = (rest: number, room: number): number => (rest <= room ? rest : room - (room % grain))

/** Segments in batches of at most `size` bytes, which must be a multiple of 16. */
export function* batchesOf(segments: readonly Segment[], size: number): Generator<Batch> {
  let position = 0
  let length = 0
  let pieces: Piece[] = []
  for (const segment of segments) {
    const total = segmentSize(segment)
    for (let offset = 0; offset < total; ) {
      const part = partOf(total - offset, size - length)
      if (part > 0) pieces.push({ segment, offset, length: part, at: length })
      length += part
      offset += part
      if (offset === total && length < size) continue
      yield { position, length, pieces }
      position += length
      length = 0
      pieces = []
    }
  }
  if (length > 0) yield { position, length, pieces }
}
