import type { AnyKind } from '@nnfuse/ir'
import type { Rule } from '@nnfuse/matcher'
import { badPlugin } from './errors.js'
import type { Pass } from './pass.js'

/** What a plugin package gives: kinds of layers, rules that fuse, passes. */
export interface Plugin {
  /** The package's name: `@acme/nnfuse-plugin-groupnorm`. */
  readonly name: string
  readonly kinds?: readonly AnyKind[]
  readonly rules?: readonly Rule[]
  readonly passes?: readonly Pass[]
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** Kinds are functions with fields, and may come from another copy of `@nnfuse/ir`: what they have is what counts. */
const isKind = (value: unknown): boolean =>
  typeof value === 'function' && 'kind' in value && 'definition' in value && 'is' in value

const isRule = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  isRecord(value['pattern']) &&
  typeof value['rewrite'] === 'function' &&
  [value['slots'], value['guards'], value['eliminates']].every(Array.isArray)

const isPass = (value: unknown): boolean =>
  isRecord(value) && typeof value['name'] === 'string' && typeof value['run'] === 'function'

interface Entry {
  readonly is: (value: unknown) => boolean
  /** What an entry should be. */
  readonly wanted: string
}

const entries: { readonly [Field in Exclude<keyof Plugin, 'name'>]-?: Entry } = {
  kinds: { is: isKind, wanted: 'a kind of layer, as kind(...) makes it' },
  rules: { is: isRule, wanted: 'a rule, as rule(...) makes it' },
  passes: { is: isPass, wanted: 'a pass, { name, description, run }' },
}

/**
 * Checks and returns a plugin. Registering happens only where a pass manager is made from it.
 *
 * @throws NnfuseError `BAD_PLUGIN` naming the field that has the wrong shape.
 */
export const definePlugin = (plugin: Plugin): Plugin => {
  const { name } = plugin
  if (typeof name !== 'string' || name === '') throw badPlugin('plugin', 'it has no name')
  for (const [field, { is, wanted }] of Object.entries(entries)) {
    const given: unknown = (plugin as unknown as Fields)[field]
    if (given === undefined) continue
    if (!Array.isArray(given)) throw badPlugin(name, `${field} must be an array`)
    const wrong = given.findIndex((entry) => !is(entry))
    if (wrong >= 0) throw badPlugin(name, `${field}[${wrong}] is not ${wanted}`)
  }
  return plugin
}
