import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { configNotFound, severalConfigs } from './errors.js'

/** What a configuration file can be called. */
export const configNames: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map(
  (ending) => `nnfuse.config.${ending}`,
)

/**
 * The configuration file that was named, or the one in the folder, if there is one. Folders above are not searched: a
 * configuration is a program, and what is run should be in sight.
 *
 * @throws NnfuseError `CONFIG_NOT_FOUND`, `SEVERAL_CONFIGS`
 */
export const findConfig = async (folder: string, named?: string): Promise<string | undefined> => {
  if (named !== undefined) {
    const file = resolve(folder, named)
    if (await stat(file).catch(() => undefined)) return file
    throw configNotFound(file)
  }
  const entries = await readdir(folder).catch((): string[] => [])
  const [first, ...more] = configNames.filter((name) => entries.includes(name))
  if (first !== undefined && more.length > 0) throw severalConfigs(folder, [first, ...more])
  return first && join(folder, first)
}
