import type { Stats } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isNnfuseError } from '@nnfuse/ir'
import { cannotWrite, isDirectory, notAFile, sameFile } from '../errors.js'
import { type Segment, totalSize } from '../segments.js'
import type { FileSource } from './file-source.js'
import { changedBatches, resembledFile } from './resembled-file.js'
import { batchSize, writeBatches } from './write-batches.js'

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

/** A file that is to be written. */
export interface NewFile {
  readonly path: string
  readonly segments: readonly Segment[]
}

/** One under its temporary name, on the same disk as what it becomes. */
interface Temporary extends NewFile {
  readonly target: string
  readonly temporary: string
}

const temporaryOf = async (file: NewFile): Promise<Temporary> => {
  const target = await realTarget(file.path)
  const name = Math.random().toString(36).slice(2) // opening it fails where it is taken
  return { ...file, target, temporary: join(dirname(target), `.nnfuse-${name}.tmp`) }
}

/** Opens a new file, with what there is of it already: the file that it mostly is. */
const openTemporary = async (
  temporary: string,
  resembled: FileSource | undefined,
  size: number,
): Promise<FileHandle> => {
  if (resembled === undefined) return await open(temporary, 'wx')
  await resembled.copyTo(temporary)
  const file = await open(temporary, 'r+')
  await file.truncate(size)
  return file
}

const writeTemporary = async ({ path, segments, temporary }: Temporary): Promise<void> => {
  const resembled = resembledFile(segments)
  try {
    const file = await openTemporary(temporary, resembled, totalSize(segments))
    try {
      await writeBatches(file, changedBatches(segments, resembled, batchSize))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw isNnfuseError(cause) ? cause : cannotWrite(path, cause)
  }
}

const moveInPlace = async ({ path, target, temporary }: Temporary): Promise<void> => {
  await rename(temporary, target).catch((cause: unknown) => {
    throw cannotWrite(path, cause)
  })
}

/**
 * Writes files that are there only when all are complete; they appear in the order in which they are given.
 *
 * @param sources files that must not be written over
 * @throws NnfuseError `OUTPUT_IS_INPUT`, `IS_DIRECTORY`, `NOT_A_FILE`, `NO_SUCH_FILE`, `NO_PERMISSION`,
 * `DISK_FULL`, `CANNOT_WRITE`; nothing is left behind then.
 */
export const writeFiles = async (files: readonly NewFile[], sources: readonly string[]): Promise<void> => {
  for (const { path } of files) await checkTarget(path, sources)
  const temporaries = await Promise.all(files.map(temporaryOf))
  try {
    for (const temporary of temporaries) await writeTemporary(temporary)
    for (const temporary of temporaries) await moveInPlace(temporary)
  } catch (error) {
    // Why writing failed says more than why tidying did.
    for (const { temporary } of temporaries) await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}
