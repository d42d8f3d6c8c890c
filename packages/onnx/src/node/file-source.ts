import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { ByteSource } from '@nnfuse/ir'
import { cannotOpen, isDirectory, sourceChanged } from '../errors.js'

/** A file as a source of bytes. */
export interface FileSource extends ByteSource {
  /** Absolute. */
  readonly path: string
  /** Opens the file for many reads; to be closed when they are done. Else it is opened for each. */
  hold(): Promise<{ close(): Promise<void> }>
}

interface Stamp {
  readonly size: number
  readonly mtimeMs: number
}

const readFully = async (file: FileHandle, offset: number, target: Uint8Array): Promise<boolean> => {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, offset + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}

/** A file that is another by now is noticed. */
const openChecked = async (path: string, stamp: Stamp): Promise<FileHandle> => {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw cannotOpen(path, cause)
  })
  const { size, mtimeMs } = await file.stat()
  if (size === stamp.size && mtimeMs === stamp.mtimeMs) return file
  await file.close()
  throw sourceChanged(path)
}

/** A file that is open as long as somebody holds it. */
class HeldFile {
  readonly #path: string
  readonly #stamp: Stamp
  #holders = 0
  #file: Promise<FileHandle> | undefined

  constructor(path: string, stamp: Stamp) {
    this.#path = path
    this.#stamp = stamp
  }

  async hold(): Promise<FileHandle> {
    this.#holders += 1
    this.#file ??= openChecked(this.#path, this.#stamp)
    try {
      return await this.#file
    } catch (error) {
      await this.release()
      throw error
    }
  }

  async release(): Promise<void> {
    this.#holders -= 1
    if (this.#holders > 0) return
    const file = this.#file
    this.#file = undefined
    await file?.then(
      (opened) => opened.close(),
      () => undefined, // that it could not be opened has been said
    )
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    const file = await this.hold()
    try {
      if (!(await readFully(file, offset, target))) throw sourceChanged(this.#path)
    } finally {
      await this.release()
    }
  }
}

/**
 * A file to read tensors from, when they are needed. It must stay as it is until then.
 *
 * @throws NnfuseError `NO_SUCH_FILE`, `IS_DIRECTORY`, `NO_PERMISSION`, `CANNOT_READ`; when read later also
 * `SOURCE_CHANGED`
 */
export const fileSource = async (path: string): Promise<FileSource> => {
  const absolute = resolve(path)
  const stats = await stat(absolute).catch((cause: unknown) => {
    throw cannotOpen(path, cause)
  })
  if (stats.isDirectory()) throw isDirectory(path)
  const { size, mtimeMs } = stats
  const file = new HeldFile(absolute, { size, mtimeMs })
  return {
    name: basename(absolute),
    path: absolute,
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length)
      await file.readInto(offset, bytes)
      return bytes
    },
    readInto: (offset, target) => file.readInto(offset, target),
    hold: async () => {
      await file.hold()
      return { close: () => file.release() }
    },
  }
}

export const isFileSource = (source: ByteSource): source is FileSource => 'hold' in source

/** Keeps files open while they are read from many times. */
export const withOpenFiles = async <T>(files: Iterable<FileSource>, use: () => Promise<T>): Promise<T> => {
  const held: { close(): Promise<void> }[] = []
  try {
    for (const file of files) held.push(await file.hold())
    return await use()
  } finally {
    for (const file of held) await file.close()
  }
}
