import type { Plugin } from '@nnfuse/pass-manager'

/**
 * A plugin: the value itself; the name of a package, or a path that starts with `.` or `/`; or one of these with the
 * options that its factory is called with.
 */
export type PluginEntry = Plugin | string | readonly [plugin: string, options: unknown]

/** What a file `nnfuse.config.ts` says. */
export interface Config {
  /** In order, after nnfuse's own: of two rules with the same pattern the later plugin's is used. */
  readonly plugins?: readonly PluginEntry[]
  /** Whether nnfuse's own plugins are used, too. Default true. */
  readonly defaults?: boolean
}

/**
 * Gives a configuration back as it is: editors then know what can stand in it.
 *
 * @example
 * ```ts
 * export default defineConfig({ plugins: [['nnfuse-plugin-groupnorm', { maxGroups: 16 }]] })
 * ```
 */
export const defineConfig = (config: Config): Config => config
