import { isNnfuseError } from '@nnfuse/ir'
import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { exportNoFactory, noPluginExport, noPluginMade, pluginFailed } from './errors.js'
import { type Exports, importFile } from './import-file.js'
import { kindOfValue } from './kind-of-value.js'
import { resolvePlugin } from './resolve-plugin.js'

/** Makes a plugin of options. */
type Factory = (options?: unknown) => unknown

const factoryIn = (name: string, file: string, exports: Exports): Factory => {
  const { default: factory, ...others } = exports
  if (factory === undefined) throw noPluginExport(name, file, Object.keys(others))
  if (typeof factory !== 'function') throw exportNoFactory(name, kindOfValue(factory))
  return factory as Factory
}

const made = (name: string, factory: Factory, options: unknown): unknown => {
  try {
    return options === undefined ? factory() : factory(options)
  } catch (cause) {
    throw isNnfuseError(cause) ? cause : pluginFailed(name, 'cannot be made', cause)
  }
}

/** A plugin that was named. */
export interface NamedPlugin {
  readonly name: string
  readonly file: string
  readonly options?: unknown
}

/** @throws NnfuseError `PLUGIN_NOT_FOUND` */
export const namedPlugin = async (name: string, folder: string, options?: unknown): Promise<NamedPlugin> => ({
  name,
  file: await resolvePlugin(name, folder),
  options,
})

/**
 * Imports a plugin and calls the factory that is its default export.
 *
 * @throws NnfuseError `PLUGIN_VERSION`, `PLUGIN_FAILED`, `NO_PLUGIN_EXPORT`, `BAD_PLUGIN`
 */
export const loadPlugin = async ({ name, file, options }: NamedPlugin): Promise<Plugin> => {
  const { checkVersions } = await import('./check-versions.js') // and what it knows of versions, when there is a plugin
  await checkVersions(name, file)
  const exports = await importFile(file).catch((cause: unknown) => {
    throw pluginFailed(name, 'cannot be imported', cause)
  })
  const plugin = made(name, factoryIn(name, file, exports), options)
  if (typeof plugin !== 'object' || plugin === null || plugin instanceof Promise) {
    throw noPluginMade(name, kindOfValue(plugin))
  }
  return definePlugin(plugin as Plugin)
}
