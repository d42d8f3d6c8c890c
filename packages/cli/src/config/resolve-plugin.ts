import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noMainFile, packageNotFound, pathNotFound } from './errors.js'
import { loaderFrom } from './import-file.js'
import { manifestIn } from './manifest.js'

const isPath = (name: string): boolean => /^\.{1,2}(?:$|[\\/])/.test(name) || isAbsolute(name)

/** The file that importing a package gives, from some folder; undefined where there is none. */
export const findPackage = async (name: string, folder: string): Promise<string | undefined> => {
  const url = (await loaderFrom(join(folder, 'package.json'))).esmResolve(name, { try: true })
  return url?.startsWith('file:') ? fileURLToPath(url) : undefined
}

/** The folder that a package is installed in, whatever it exports. */
const installedIn = async (name: string, folder: string): Promise<string | undefined> => {
  for (let at = folder; ; at = resolve(at, '..')) {
    const candidate = join(at, 'node_modules', name)
    if (await manifestIn(candidate)) return candidate
    if (at === resolve(at, '..')) return undefined
  }
}

/** A package can import itself by its name: so the folder's own package.json says which file is meant. */
const resolveFolder = async (path: string, folder: string): Promise<string> => {
  const { name } = (await manifestIn(folder)) ?? {}
  const file = name === undefined ? undefined : await findPackage(name, folder)
  if (file?.startsWith(folder) && (await stat(file).catch(() => undefined))) return file
  throw noMainFile(path, folder)
}

const resolvePath = async (path: string, folder: string): Promise<string> => {
  const file = resolve(folder, path)
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw pathNotFound(path, file)
  return found.isDirectory() ? await resolveFolder(path, file) : file
}

/**
 * The file of a plugin: of a package as an import in that folder finds it; of a path to a file, or to a folder with a
 * package.json.
 *
 * @throws NnfuseError `PLUGIN_NOT_FOUND`
 */
export const resolvePlugin = async (name: string, folder: string): Promise<string> => {
  if (isPath(name)) return await resolvePath(name, folder)
  const file = await findPackage(name, folder)
  if (file !== undefined) return file
  const installed = await installedIn(name, folder)
  throw installed === undefined ? packageNotFound(name, folder) : noMainFile(name, installed)
}
