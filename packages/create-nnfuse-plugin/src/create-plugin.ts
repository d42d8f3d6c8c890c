import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkName, prefixOf } from './check-name.js'
import { cannotWrite, folderNotEmpty } from './errors.js'

/** What a new plugin is called, and where it is written. */
export interface CreatePluginOptions {
  /** Of the package: `nnfuse-plugin-groupnorm`, `@acme/nnfuse-plugin-groupnorm`. */
  readonly name: string
  /** Where it is written. Default: a folder of that name, without the scope, in the working directory. */
  readonly folder?: string
}

/** A plugin that has been written. */
export interface CreatedPlugin {
  readonly folder: string
  /** Paths in the folder, sorted. */
  readonly files: readonly string[]
}

const template = fileURLToPath(new URL('../template/', import.meta.url))

/** All packages of nnfuse have one version, this one's too. */
const ownVersion = async (): Promise<string> =>
  JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')).version

const isFreeFolder = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (entries) => entries.length === 0,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
  )

const realNames: ReadonlyMap<string, string> = new Map([
  ['_gitignore', '.gitignore'], // which npm never publishes
  ['_package.json', 'package.json'], // of which tools think that it says something of the folder it is in
])

const nameOf = (path: string): string => realNames.get(path) ?? path

const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{\{(\w+)\}\}/g, (placeholder, key: string) => values[key] ?? placeholder)

const templateFiles = async (): Promise<string[]> => {
  const entries = await readdir(template, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(template.length))
    .sort()
}

/**
 * Writes a new plugin: a kind of layer, a rule that fuses it, its law test, and what is needed to publish it.
 *
 * @throws NnfuseError `BAD_NAME`, `FOLDER_NOT_EMPTY`, `CANNOT_WRITE`
 * @example
 * ```ts
 * const { folder } = await createPlugin({ name: 'nnfuse-plugin-groupnorm' })
 * ```
 */
export const createPlugin = async ({ name, ...options }: CreatePluginOptions): Promise<CreatedPlugin> => {
  checkName(name)
  const folder = resolve(options.folder ?? basename(name))
  if (!(await isFreeFolder(folder))) throw folderNotEmpty(folder)
  const values = { name, prefix: prefixOf(name), range: `^${await ownVersion()}` }
  const paths = await templateFiles()
  try {
    for (const path of paths) {
      const target = join(folder, nameOf(path))
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, filled(await readFile(join(template, path), 'utf8'), values))
    }
  } catch (cause) {
    throw cannotWrite(folder, cause)
  }
  return { folder, files: paths.map(nameOf).sort() }
}
