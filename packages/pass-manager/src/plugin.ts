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

/**
 * Checks and returns a plugin. Registering happens only where a pass manager is made from it.
 *
 * @throws NnfuseError `BAD_PLUGIN` naming the field that has the wrong shape.
 */
export const definePlugin = (plugin: Plugin): Plugin => {
  const { name, kinds, rules, passes } = plugin
  if (typeof name !== 'string' || name === '') throw badPlugin('plugin', 'it has no name')
  for (const [field, value] of Object.entries({ kinds, rules, passes })) {
    if (value !== undefined && !Array.isArray(value)) throw badPlugin(name, `${field} must be an array`)
  }
  return plugin
}
