import { basename } from 'node:path'
import { listNames, NnfuseError } from '@nnfuse/ir'
import { messageOf } from '../errors.js'

export const configNotFound = (file: string): NnfuseError =>
  new NnfuseError('CONFIG_NOT_FOUND', `there is no configuration file "${file}"`, {
    path: file,
    hint: 'The path is relative to the folder in which the command runs.',
  })

export const severalConfigs = (folder: string, names: readonly string[]): NnfuseError =>
  new NnfuseError('SEVERAL_CONFIGS', `"${folder}" holds several configuration files: ${listNames(names)}`, {
    path: folder,
    hint: 'Keep one, or say which with --config.',
  })

export const configFormat = (file: string, known: readonly string[]): NnfuseError =>
  new NnfuseError('BAD_CONFIG', `"${file}" is no configuration file that can be read`, {
    path: file,
    hint: `Its name must end in ${known.join(', ')}.`,
  })

/** Where in a file: `nnfuse.config.ts:3:12`. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

const shown = ({ file, line, column }: Place): string =>
  [file, ...(line === undefined ? [] : [line, column ?? 1])].join(':')

export const brokenConfig = (place: Place, problem: string, cause: unknown): NnfuseError =>
  new NnfuseError('BAD_CONFIG', `${shown(place)}: ${problem}`, {
    path: shown(place),
    hint: '--no-config runs without it.',
    cause,
  })

export const badConfig = (file: string, problem: string): NnfuseError =>
  new NnfuseError('BAD_CONFIG', `"${file}" cannot be used: ${problem}`, {
    path: file,
    hint: 'A configuration is { plugins?, defaults? }; see defineConfig.',
  })

export const unknownConfigKey = (
  file: string,
  key: string,
  near: readonly string[],
  known: readonly string[],
): NnfuseError =>
  new NnfuseError('UNKNOWN_CONFIG_KEY', `"${file}" says "${key}", which means nothing`, {
    path: file,
    hint: near.length > 0 ? `Did you mean ${listNames(near)}?` : `There are ${listNames(known)}.`,
  })

export const packageNotFound = (name: string, folder: string): NnfuseError =>
  new NnfuseError('PLUGIN_NOT_FOUND', `no package "${name}" can be found from "${folder}"`, {
    path: name,
    hint: `Run "npm install ${name}" there. The path of a file starts with "./" or "/".`,
  })

export const pathNotFound = (path: string, file: string): NnfuseError =>
  new NnfuseError('PLUGIN_NOT_FOUND', `the plugin "${path}" would be "${file}", which is not there`, {
    path,
    hint: 'Paths are relative to the configuration file; on the command line, to the working directory.',
  })

export const noMainFile = (name: string, folder: string): NnfuseError =>
  new NnfuseError('PLUGIN_NOT_FOUND', `the package in "${folder}" has no file that can be imported`, {
    path: name,
    hint: 'The file that its package.json exports must be there: is it built?',
  })

export const pluginFailed = (name: string, what: string, cause: unknown): NnfuseError =>
  new NnfuseError('PLUGIN_FAILED', `the plugin "${name}" ${what}: ${messageOf(cause)}`, { path: name, cause })

export const noPluginExport = (name: string, file: string, exports: readonly string[]): NnfuseError => {
  const found = exports.length === 0 ? 'exports nothing' : `exports ${listNames(exports)}`
  return new NnfuseError('NO_PLUGIN_EXPORT', `"${name}" has no default export; ${basename(file)} ${found}`, {
    path: name,
    hint: 'The default export of a plugin is a function that makes it: export default (options) => plugin.',
  })
}

export const exportNoFactory = (name: string, got: string): NnfuseError =>
  new NnfuseError('NO_PLUGIN_EXPORT', `the default export of "${name}" is no function but ${got}`, {
    path: name,
    hint: 'The default export of a plugin is a function that makes it: export default () => plugin.',
  })

export const noPluginMade = (name: string, got: string): NnfuseError =>
  new NnfuseError('BAD_PLUGIN', `the default export of "${name}" makes no plugin but ${got}`, {
    path: name,
    hint: 'A plugin is { name, kinds?, rules?, passes? }; see definePlugin.',
  })

export const versionMismatch = (
  plugin: string,
  needed: { readonly name: string; readonly range: string; readonly version: string },
): NnfuseError => {
  const { name, range, version } = needed
  return new NnfuseError('PLUGIN_VERSION', `"${plugin}" needs ${name} ${range}; this is ${version}`, {
    path: plugin,
    hint: `Install a version of the plugin that is made for ${name} ${version}, or an nnfuse that the plugin is made for.`,
  })
}
