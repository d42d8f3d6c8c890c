import { type Batch, batchesOf } from '../batches.js'
import { type Segment, segmentSize } from '../segments.js'
import { type FileSource, isFileSource } from './file-source.js'

/** A segment, and where in the new file it begins. */
interface Placed {
  readonly segment: Segment
  readonly position: number
}

function* placed(segments: readonly Segment[]): Generator<Placed> {
  let position = 0
  for (const segment of segments) {
    yield { segment, position }
    position += segmentSize(segment)
  }
}

/** The file that holds a segment's bytes at the very place that they get. */
const fileInPlace = ({ segment, position }: Placed): FileSource | undefined => {
  if (segment.type !== 'tensor' || segment.tensor.storage.type !== 'slice') return undefined
  const { source, offset } = segment.tensor.storage
  return offset === position && isFileSource(source) ? source : undefined
}

/** The file that a new one mostly is, byte for byte at the same places; undefined where there is none. */
export const resembledFile = (segments: readonly Segment[]): FileSource | undefined => {
  const shared = new Map<FileSource, number>()
  let total = 0
  for (const at of placed(segments)) {
    const size = segmentSize(at.segment)
    const file = fileInPlace(at)
    if (file) shared.set(file, (shared.get(file) ?? 0) + size)
    total += size
  }
  return [...shared].find(([, bytes]) => bytes > total / 2)?.[0]
}

/** What of a new file must be written where it begins as a copy of another: all of it where there is none. */
export function* changedBatches(
  segments: readonly Segment[],
  resembled: FileSource | undefined,
  size: number,
): Generator<Batch> {
  let start = 0
  let changed: Segment[] = []
  for (const at of placed(segments)) {
    if (resembled === undefined || fileInPlace(at) !== resembled) {
      if (changed.length === 0) start = at.position
      changed.push(at.segment)
      continue
    }
    yield* batchesFrom(start, changed, size)
    changed = []
  }
  yield* batchesFrom(start, changed, size)
}

function* batchesFrom(start: number, segments: readonly Segment[], size: number): Generator<Batch> {
  for (const batch of batchesOf(segments, size)) yield { ...batch, position: start + batch.position }
}
