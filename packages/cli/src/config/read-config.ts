import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.js'
import { checkConfig } from './check-config.js'
import type { Config } from './config.js'
import { badConfig, brokenConfig, configFormat, type Place } from './errors.js'
import { configNames } from './find-config.js'
import { importFile } from './import-file.js'
import { placeInJson } from './place-in-json.js'

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The place in a file that an error names first, in its message or its stack. */
const placeOf = (file: string, error: unknown): Place => {
  const { stack = '' } = error instanceof Error ? error : {}
  const names = [file, pathToFileURL(file).href].map(escaped).join('|')
  const [, line, column] = new RegExp(`(?:${names}):(\\d+):(\\d+)`).exec(stack) ?? []
  return line === undefined ? { file } : { file, line: Number(line), column: Number(column) }
}

/** The first line says it; jiti's goes on with the place, after the name of an error class of its own. */
const problemOf = (error: unknown): string =>
  messageOf(error instanceof Error ? error.message.split('\n')[0] : error).replace(/^ParseError: /, '')

const importConfig = async (file: string): Promise<unknown> => {
  const exports = await importFile(file).catch((cause: unknown) => {
    throw brokenConfig(placeOf(file, cause), problemOf(cause), cause)
  })
  if (exports['default'] === undefined) throw badConfig(file, 'it has no default export')
  return exports['default']
}

const readJson = async (file: string): Promise<unknown> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw brokenConfig({ file }, `it cannot be read: ${messageOf(cause)}`, cause)
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw brokenConfig(placeInJson(file, text), messageOf(cause), cause)
  }
}

/**
 * Reads a configuration file and checks what it says.
 *
 * @throws NnfuseError `BAD_CONFIG` with the line where there is one, `UNKNOWN_CONFIG_KEY`
 */
export const readConfig = async (file: string): Promise<Config> => {
  const endings = configNames.map((name) => extname(name))
  if (!endings.includes(extname(file))) throw configFormat(file, endings)
  return checkConfig(file, file.endsWith('.json') ? await readJson(file) : await importConfig(file))
}
