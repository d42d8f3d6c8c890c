import type { FileHandle } from 'node:fs/promises'
import type { ReadPart } from '@nnfuse/ir'
import type { Batch, Piece } from '../batches.js'
import { segmentReader } from '../segment-reader.js'
import { type Segment, segmentSize } from '../segments.js'
import { Flushing } from './flushing.js'

/*
 * A few writers, each with a buffer, take batch after batch: they read its pieces, all at once, change what folding
 * changes, and write it to its place. So one reads while another computes and a third writes, and no more is in memory
 * than their buffers. A megabyte is large enough for the calls not to count and fits the processor's cache.
 */

/** Bytes of the largest batch. */
export const batchSize: number = 2 ** 20
const writers = 4

const writeFully = async (file: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}

/** Readers of the segments that are being written; a tensor that is computed is dropped with its last piece. */
class Readers {
  readonly #readers = new Map<Segment, { readonly reader: Promise<ReadPart>; left: number }>()

  async fill({ segment, offset, length, at }: Piece, buffer: Uint8Array): Promise<void> {
    const entry = this.#readers.get(segment) ?? { reader: segmentReader(segment), left: segmentSize(segment) }
    this.#readers.set(segment, entry)
    const read = await entry.reader
    await read(buffer.subarray(at, at + length), offset)
    entry.left -= length
    if (entry.left === 0) this.#readers.delete(segment)
  }
}

const writeBatch = async (
  file: FileHandle,
  { position, length, pieces }: Batch,
  buffer: Uint8Array,
  readers: Readers,
): Promise<void> => {
  await Promise.all(pieces.map((piece) => readers.fill(piece, buffer)))
  await writeFully(file, buffer.subarray(0, length), position)
}

/**
 * Writes batches to their places in a file, and waits until all of it is on the disk. Where that fails, nothing is being
 * written any more when it throws.
 */
export const writeBatches = async (file: FileHandle, batches: Generator<Batch>): Promise<void> => {
  const readers = new Readers()
  const flushing = new Flushing(file)
  const takeBatches = async (): Promise<void> => {
    const buffer = new Uint8Array(batchSize)
    // A failure ends the one generator that all writers take from, and so all of them.
    for (const batch of batches) {
      await writeBatch(file, batch, buffer, readers)
      flushing.written(batch.length)
    }
  }
  const results = await Promise.allSettled(Array.from({ length: writers }, takeBatches))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  await flushing.finish()
}
