import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type ByteSource, NnfuseError } from '@nnfuse/ir'
import { cannotOpen } from '../errors.js'
import type { OpenExternal } from '../external-data.js'
import { fileSource } from './file-source.js'

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
const openBeside = async (modelPath: string, location: string): Promise<ByteSource> => {
  if (isAbsolute(location) || /^[A-Za-z]:|^\\/.test(location) || location.includes('\0'))
    throw outside(location)
  const folder = await realpath(dirname(resolve(modelPath)))
  const wanted = resolve(folder, location)
  if (!isBelow(folder, wanted)) throw outside(location)
  const real = await realFile(wanted, location)
  if (!isBelow(folder, real)) throw outside(location)
  return await fileSource(real)
}

/** Opens the files that a model names, each once. */
export const externalFiles = (modelPath: string): OpenExternal => {
  const opened = new Map<string, Promise<ByteSource>>()
  return (location) => {
    const source = opened.get(location) ?? openBeside(modelPath, location)
    opened.set(location, source)
    return source
  }
}
