import { dirname, resolve } from 'node:path'
import { createPassManager, type Plugin } from '@nnfuse/pass-manager'
import { defaultPlugins } from 'nnfuse'
import type { Config, PluginEntry } from './config.js'
import { findConfig } from './find-config.js'
import { loadPlugin, type NamedPlugin, namedPlugin } from './load-plugin.js'
import { readConfig } from './read-config.js'

/** Where `loadPlugins` looks for plugins. */
export interface LoadPluginsOptions {
  /** Where the configuration file is looked for, and from where `plugins` are. Default: the working directory. */
  readonly folder?: string
  /** Path of the configuration file; false for none. Default: `nnfuse.config.*` in the folder, if there is one. */
  readonly config?: string | false
  /** More plugins, after those of the configuration: names of packages, or paths that start with `.` or `/`. */
  readonly plugins?: readonly string[]
}

/** The plugins to use. */
export interface LoadedPlugins {
  readonly plugins: readonly Plugin[]
  /** The configuration file that was read; null where there is none. */
  readonly config: string | null
}

type Chosen = Plugin | NamedPlugin

const chosenBy = (entry: PluginEntry, folder: string): Chosen | Promise<Chosen> => {
  if (typeof entry === 'string') return namedPlugin(entry, folder)
  return 'name' in entry ? entry : namedPlugin(entry[0], folder, entry[1])
}

const isNamed = (chosen: Chosen): chosen is NamedPlugin => 'file' in chosen

/** Who names a plugin that the configuration has means that one, with the options that it has there. */
const withMore = (chosen: readonly Chosen[], more: readonly NamedPlugin[]): Chosen[] => {
  const files = new Set(chosen.filter(isNamed).map(({ file }) => file))
  return [...chosen, ...more.filter(({ file }) => !files.has(file))]
}

const configIn = async (
  folder: string,
  asked: string | false | undefined,
): Promise<{ file: string | undefined; config: Config }> => {
  const file = asked === false ? undefined : await findConfig(folder, asked)
  return { file, config: file === undefined ? {} : await readConfig(file) }
}

/**
 * Loads the plugins that a configuration file and its caller name: nnfuse's own first, unless the configuration says
 * `defaults: false`, then those of the configuration, then the caller's.
 *
 * @throws NnfuseError `PLUGIN_NOT_FOUND`, `NO_PLUGIN_EXPORT`, `BAD_PLUGIN`, `PLUGIN_VERSION`, `PLUGIN_FAILED`,
 *   `DUPLICATE_PLUGIN`, `DUPLICATE_RULE`, and what is wrong with a configuration: `BAD_CONFIG`, `CONFIG_NOT_FOUND`,
 *   `SEVERAL_CONFIGS`, `UNKNOWN_CONFIG_KEY`
 * @example
 * ```ts
 * const { plugins } = await loadPlugins({ plugins: ['nnfuse-plugin-groupnorm'] })
 * const { report } = fuse(await readOnnx('net.onnx'), { plugins })
 * ```
 */
export const loadPlugins = async (options: LoadPluginsOptions = {}): Promise<LoadedPlugins> => {
  const folder = resolve(options.folder ?? '.')
  const { file, config } = await configIn(folder, options.config)
  const { plugins: entries = [], defaults = true } = config
  const from = file === undefined ? folder : dirname(file)
  const named = await Promise.all(entries.map((entry) => chosenBy(entry, from)))
  const more = await Promise.all((options.plugins ?? []).map((name) => namedPlugin(name, folder)))
  const plugins: Plugin[] = defaults ? defaultPlugins() : []
  for (const chosen of withMore(named, more))
    plugins.push(isNamed(chosen) ? await loadPlugin(chosen) : chosen)
  // So that plugins which do not go together are refused before anything is read; ours do.
  if (named.length + more.length > 0) createPassManager({ plugins })
  return { plugins, config: file ?? null }
}
