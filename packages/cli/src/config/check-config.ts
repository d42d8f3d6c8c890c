import { definePlugin, nearestNames, type Plugin } from '@nnfuse/pass-manager'
import type { Config } from './config.js'
import { badConfig, unknownConfigKey } from './errors.js'
import { kindOfValue } from './kind-of-value.js'

type Check = (file: string, value: unknown) => void

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isName = (value: unknown): boolean => typeof value === 'string' && value !== ''

const isWithOptions = (entry: unknown): boolean =>
  Array.isArray(entry) && isName(entry[0]) && (entry.length === 1 || entry.length === 2)

/** @throws NnfuseError `BAD_PLUGIN` where an object is no plugin */
const checkEntry = (file: string, entry: unknown, i: number): void => {
  if (isName(entry) || isWithOptions(entry)) return
  if (!isRecord(entry)) {
    const hint = typeof entry === 'function' ? '; call it: plugins: [plugin()]' : ''
    throw badConfig(
      file,
      `plugins[${i}] is ${kindOfValue(entry)}, not a plugin, name or [name, options]${hint}`,
    )
  }
  definePlugin(entry as unknown as Plugin)
}

const checks: { readonly [K in keyof Required<Config>]: Check } = {
  plugins: (file, value) => {
    if (!Array.isArray(value)) throw badConfig(file, `plugins is ${kindOfValue(value)}, not an array`)
    for (const [i, entry] of value.entries()) checkEntry(file, entry, i)
  },
  defaults: (file, value) => {
    if (typeof value !== 'boolean') {
      throw badConfig(file, `defaults is ${kindOfValue(value)}, not true or false`)
    }
  },
}

/**
 * Checks what a configuration file says.
 *
 * @throws NnfuseError `BAD_CONFIG` naming the field, `UNKNOWN_CONFIG_KEY`, `BAD_PLUGIN`
 */
export const checkConfig = (file: string, value: unknown): Config => {
  if (!isRecord(value)) throw badConfig(file, `it gives ${kindOfValue(value)}, not an object`)
  const known = new Map<string, Check>(Object.entries(checks))
  for (const [key, given] of Object.entries(value)) {
    const check = known.get(key)
    if (check === undefined) {
      throw unknownConfigKey(file, key, nearestNames(key, known.keys()), [...known.keys()])
    }
    if (given !== undefined) check(file, given)
  }
  return value
}
