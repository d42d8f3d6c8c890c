import type { Provenance } from '@nnfuse/ir'
import type { Taken } from '@nnfuse/matcher'

const unique = (names: readonly string[]): string[] => [...new Set(names)]

/** What each fused layer was made from, by its path, through all that happened one after the other. */
export const traceProvenance = (
  before: ReadonlyMap<string, Provenance>,
  applied: readonly Taken[],
): ReadonlyMap<string, Provenance> => {
  const known = new Map(before)
  for (const { rule, paths, path } of applied) {
    const parts = paths.map((part) => known.get(part) ?? { rules: [], from: [part] })
    known.set(path, {
      rules: [...parts.flatMap(({ rules }) => rules), rule],
      from: unique(parts.flatMap(({ from }) => from)),
    })
  }
  return known
}
