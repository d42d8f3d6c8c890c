import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type ByteSource, NnfuseError } from '@nnfuse/ir'
import { cannotOpen } from '../errors.js'
import type { OpenExternal } from '../external-data.js'
import { type FileSource, fileSource } from './file-source.js'

const outside = (location: string): NnfuseError =>
  new NnfuseError('OUTSIDE_FOLDER', `"${location}" is not in the folder of the model`, {
    path: location,
    hint: 'A model may only name files beside it or below; move the file there.',
  })

const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

const realFile = (path: string, location: string): Promise<string> =>
  realpath(path).catch((cause: unknown) => {
    throw cannotOpen(location, cause)
  })

/** A model is a stranger's file: it must not make us read files elsewhere, by name or through a link. */
const openBeside = async (modelPath: string, location: string): Promise<FileSource> => {
  if (isAbsolute(location) || /^[A-Za-z]:|^\\/.test(location) || location.includes('\0'))
    throw outside(location)
  const folder = await realpath(dirname(resolve(modelPath)))
  const wanted = resolve(folder, location)
  if (!isBelow(folder, wanted)) throw outside(location)
  const real = await realFile(wanted, location)
  if (!isBelow(folder, real)) throw outside(location)
  return await fileSource(real)
}

/** Opens the files that a model names, each once, and keeps them open while the model is read. */
export const withExternalFiles = async <T>(
  modelPath: string,
  use: (openExternal: OpenExternal) => Promise<T>,
): Promise<T> => {
  const sources = new Map<string, Promise<ByteSource>>()
  const held: { close(): Promise<void> }[] = []
  const openAndHold = async (location: string): Promise<ByteSource> => {
    const source = await openBeside(modelPath, location)
    held.push(await source.hold())
    return source
  }
  try {
    return await use((location) => {
      const source = sources.get(location) ?? openAndHold(location)
      sources.set(location, source)
      return source
    })
  } finally {
    for (const file of held) await file.close()
  }
}
