import type { Plugin } from '@nnfuse/pass-manager'
import type { PluginCases } from './cases.js'
import { noTestFunction } from './errors.js'
import { lawsOf } from './laws-of.js'
import type { LawOptions } from './settings.js'

/** What registers a test: `test` of vitest, of `node:test`, of Jest, of Bun. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown

/** The options of the laws, and what registers tests. */
export interface TestPluginOptions extends LawOptions {
  /** Default: the global `test`, where the runner provides one. */
  readonly test?: TestFunction
}

/** The `test` that the runner provides. */
export const globalTest = (): TestFunction => {
  const { test } = globalThis as { readonly test?: unknown }
  if (typeof test === 'function') return test as TestFunction
  throw noTestFunction()
}

/**
 * Tests a plugin: registers every law of {@link lawsOf} as a test of its own.
 *
 * @example
 * ```ts
 * import { test } from 'vitest' // or from 'node:test'
 *
 * testPlugin(
 *   groupNorm(),
 *   {
 *     'conv2d-groupnorm': {
 *       fuses: [Sequential([nn.Conv2d(3, 8, 3), GroupNorm({ groups: 2, numChannels: 8 })])],
 *       declines: [{ model: Sequential([nn.Conv2d(3, 8, 3), learning]), reason: /training mode/ }],
 *     },
 *   },
 *   { test },
 * )
 * ```
 * @throws NnfuseError `NO_TEST_FUNCTION` where none is passed and there is no global one
 */
export const testPlugin = (
  plugin: Plugin,
  cases: PluginCases,
  { test = globalTest(), ...options }: TestPluginOptions = {},
): void => {
  for (const { name, run } of lawsOf(plugin, cases, options)) test(name, () => run())
}
