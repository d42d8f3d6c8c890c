import { type Command, Option } from 'commander'
import type { LoadedPlugins } from '../config/load-plugins.js'

/** What every command that uses rules can be told about plugins. */
export interface PluginOptions {
  readonly plugin?: readonly string[]
  /** A path; false for `--no-config`. */
  readonly config?: string | false
}

const addPlugin = (name: string, before: readonly string[] = []): readonly string[] => [...before, name]

/** Adds `--plugin`, `--config` and `--no-config` to a command. */
export const withPluginOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--plugin <package or path>',
        "fuse with this plugin's rules, too; may be given several times",
      ).argParser(addPlugin),
    )
    .option('--config <path>', 'the configuration file (default: nnfuse.config.* in the working directory)')
    .option('--no-config', 'read no configuration file')

/** Whether anything but nnfuse's own plugins is used. */
export interface ChosenPlugins extends LoadedPlugins {
  readonly chosen: boolean
}

/** The plugins that options and configuration ask for. */
export const pluginsFor = async ({ plugin = [], config }: PluginOptions): Promise<ChosenPlugins> => {
  const { loadPlugins } = await import('../config/load-plugins.js')
  const loaded = await loadPlugins({ plugins: plugin, ...(config !== undefined && { config }) })
  return { ...loaded, chosen: plugin.length > 0 || loaded.config !== null }
}
