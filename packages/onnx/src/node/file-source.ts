import { constants } from 'node:fs'
import { chmod, copyFile, type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { ByteSource } from '@nnfuse/ir'
import { cannotOpen, isDirectory, sourceChanged } from '../errors.js'

/** A file as a source of bytes. */
export interface FileSource extends ByteSource {
  /** Absolute. */
  readonly path: string
  /** Opens the file for many reads; to be closed when they are done. Else it is opened for each. */
  hold(): Promise<{ close(): Promise<void> }>
  /** Copies the file to a new one; where the file system can have two files share their blocks, nothing is copied. */
  copyTo(path: string): Promise<void>
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

/** Part of a file in memory, or on its way there. */
interface Block {
  readonly start: number
  readonly end: number
  readonly bytes: Promise<Uint8Array>
}

const blockSize = 64 * 1024
/** What is read at once with its neighbours, which are mostly wanted next: the nodes of a graph, one by one. */
const smallRead = 4 * 1024

/** A file that is open as long as somebody holds it. */
class HeldFile {
  readonly #path: string
  readonly #stamp: Stamp
  #holders = 0
  #file: Promise<FileHandle> | undefined
  #block: Block | undefined

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
    this.#block = undefined
    await file?.then(
      (opened) => opened.close(),
      () => undefined, // that it could not be opened has been said
    )
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    const file = await this.hold()
    try {
      const isSmall = target.length <= smallRead && offset + target.length <= this.#stamp.size
      if (isSmall) target.set(await this.#fromBlock(file, offset, target.length))
      else await this.#readFrom(file, offset, target)
    } finally {
      await this.release()
    }
  }

  async copyTo(target: string): Promise<void> {
    await copyFile(this.#path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    await chmod(target, 0o666 & ~process.umask()) // the copy of a file that is read-only is written to
    await (await openChecked(this.#path, this.#stamp)).close()
  }

  async #readFrom(file: FileHandle, offset: number, target: Uint8Array): Promise<void> {
    if (!(await readFully(file, offset, target))) throw sourceChanged(this.#path)
  }

  async #fromBlock(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
    const kept = this.#block
    const holds = kept !== undefined && offset >= kept.start && offset + length <= kept.end
    const { start, bytes } = holds ? kept : this.#startBlock(file, offset)
    return (await bytes).subarray(offset - start, offset - start + length)
  }

  #startBlock(file: FileHandle, start: number): Block {
    const end = Math.min(start + blockSize, this.#stamp.size)
    const bytes = new Uint8Array(end - start)
    const block = { start, end, bytes: this.#readFrom(file, start, bytes).then(() => bytes) }
    this.#block = block
    return block
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
    copyTo: (target) => file.copyTo(target),
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
