import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cannotReadInputs } from '../errors.js'

/** Files of one folder that may hold inputs. */
export interface InputPlace {
  readonly path: string
  /** Names of its .npy and .pb files, sorted. */
  readonly files: readonly string[]
}

/** A folder that may hold inputs itself and in folders in it. */
export interface InputFolder {
  readonly path: string
  /** The folder and those in it, sorted by name. */
  readonly places: readonly InputPlace[]
}

const isTensorFile = (name: string): boolean => /\.(npy|pb)$/.test(name)

const namesIn = async (path: string): Promise<string[]> => {
  const names = await readdir(path).catch((cause: unknown) => {
    throw cannotReadInputs(path, cause)
  })
  return names.sort()
}

/** Links are followed; one that leads nowhere is no folder. */
const isFolder = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}

/**
 * Finds the files that may hold inputs, in a folder and in the folders in it. Reads none of them.
 *
 * @throws NnfuseError `CANNOT_READ_INPUTS`
 */
export const listInputFiles = async (path: string): Promise<InputFolder> => {
  const names = await namesIn(path)
  const places: InputPlace[] = [{ path, files: names.filter(isTensorFile) }]
  for (const name of names) {
    const inner = join(path, name)
    if (isTensorFile(name) || !(await isFolder(inner))) continue
    places.push({ path: inner, files: (await namesIn(inner)).filter(isTensorFile) })
  }
  return { path, places }
}
