import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type ByteSource, byteLength, isNnfuseError, readBytes, type Tensor } from '@nnfuse/ir'
import { cannotWrite, isDirectory, notAFile, sameFile } from '../errors.js'
import type { Segment } from '../segments.js'

const copySize = 256 * 1024

const writeFully = async (file: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten
}

const copy = async (file: FileHandle, source: ByteSource, offset: number, length: number): Promise<void> => {
  for (let done = 0; done < length; done += copySize) {
    await writeFully(file, await source.read(offset + done, Math.min(copySize, length - done)))
  }
}

/** A tensor that is in a file already is copied; any other is computed, the only one in memory. */
const writeTensor = async (file: FileHandle, tensor: Tensor): Promise<void> => {
  const { storage } = tensor
  if (storage.type === 'slice') await copy(file, storage.source, storage.offset, byteLength(tensor))
  else await writeFully(file, await readBytes(tensor))
}

const writeSegment = async (file: FileHandle, segment: Segment): Promise<void> => {
  if (segment.type === 'bytes') await writeFully(file, segment.bytes)
  else if (segment.type === 'copy') await copy(file, segment.source, segment.offset, segment.length)
  else await writeTensor(file, segment.tensor)
}

const statOrNothing = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path)
  } catch {
    return undefined // what is wrong with the place shows when the file is opened
  }
}

/** Two names of one file, be it by a link of either sort, are one file. */
const checkTarget = async (path: string, sources: readonly string[]): Promise<void> => {
  const target = await statOrNothing(path)
  if (target === undefined) return
  if (target.isDirectory()) throw isDirectory(path)
  if (!target.isFile()) throw notAFile(path)
  for (const source of sources) {
    const stats = await statOrNothing(source)
    if (stats?.ino === target.ino && stats.dev === target.dev) throw sameFile(path)
  }
}

/** Where a link leads, so that the link stays one. */
const realTarget = async (path: string): Promise<string> => {
  try {
    return await realpath(path)
  } catch {
    return resolve(path)
  }
}

const writeAll = async (temporary: string, segments: readonly Segment[]): Promise<void> => {
  const file = await open(temporary, 'wx')
  try {
    for (const segment of segments) await writeSegment(file, segment)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Writes a file that is there only when it is complete.
 *
 * @param sources files that must not be written over
 * @throws NnfuseError `OUTPUT_IS_INPUT`, `IS_DIRECTORY`, `NOT_A_FILE`, `NO_SUCH_FILE`, `NO_PERMISSION`,
 * `DISK_FULL`, `CANNOT_WRITE`; nothing is left behind then.
 */
export const writeFile = async (
  path: string,
  segments: readonly Segment[],
  sources: readonly string[],
): Promise<void> => {
  await checkTarget(path, sources)
  const target = await realTarget(path)
  const temporary = join(dirname(target), `.nnfuse-${randomUUID()}.tmp`)
  try {
    await writeAll(temporary, segments)
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined) // why writing failed says more
    throw isNnfuseError(cause) ? cause : cannotWrite(path, cause)
  }
}
