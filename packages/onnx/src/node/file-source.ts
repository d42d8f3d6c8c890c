import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { ByteSource } from '@nnfuse/ir'
import { cannotOpen, isDirectory, sourceChanged } from '../errors.js'

/** A file as a source of bytes. */
export interface FileSource extends ByteSource {
  /** Absolute. */
  readonly path: string
}

interface Stamp {
  readonly size: number
  readonly mtimeMs: number
}

const readFully = async (file: FileHandle, offset: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) return bytes.subarray(0, done)
    done += bytesRead
  }
  return bytes
}

/** Opens the file for this read only: nothing stays open, and a file that is another by now is noticed. */
const readPart = async (path: string, stamp: Stamp, offset: number, length: number): Promise<Uint8Array> => {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw cannotOpen(path, cause)
  })
  try {
    const { size, mtimeMs } = await file.stat()
    if (size !== stamp.size || mtimeMs !== stamp.mtimeMs) throw sourceChanged(path)
    const bytes = await readFully(file, offset, length)
    if (bytes.length !== length) throw sourceChanged(path)
    return bytes
  } finally {
    await file.close()
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
  return {
    name: basename(absolute),
    path: absolute,
    size,
    read: (offset, length) => readPart(absolute, { size, mtimeMs }, offset, length),
  }
}
