import type { NnfuseError } from '@nnfuse/ir'
import type { Rule } from '@nnfuse/matcher'
import { type LawOptions, lawsOf, type PluginCases } from '../src/index.js'

export interface BrokenCheck {
  readonly name: string
  readonly code: string
  readonly message: string
}

/** Runs all checks of a plugin with these rules and gives those that fail. */
export const brokenChecks = async (
  rules: readonly Rule[],
  cases: PluginCases,
  options: LawOptions = {},
): Promise<BrokenCheck[]> => {
  const broken: BrokenCheck[] = []
  for (const { name, run } of lawsOf({ name: 'acme', rules }, cases, options)) {
    await run().catch(({ code, message }: NnfuseError) => broken.push({ name, code, message }))
  }
  return broken
}

/** The laws that are broken, each once. */
export const lawsIn = (broken: readonly BrokenCheck[]): string[] => [
  ...new Set(
    broken
      .filter(({ code }) => code === 'LAW_BROKEN')
      .map(({ name }) => name.slice(name.lastIndexOf(': ') + 2)),
  ),
]
