import type { Exactness } from './exactness.js'
import type { Application, Decline } from './plan.js'

/** A rewrite that was carried out. */
export interface Taken {
  readonly rule: string
  /** The layers it took, in the order they run. */
  readonly paths: readonly string[]
  /** Where what they have become stands. */
  readonly path: string
  /** Its kind. */
  readonly into: string
  readonly exactness: Exactness
}

/** An application of a plan, once it has been carried out. */
export const takenBy = ({ rule, paths, path, replacement, exactness }: Application): Taken => ({
  rule,
  paths,
  path,
  into: replacement.kind,
  exactness,
})

/** What happened on the way to a graph. */
export interface History {
  /** In the order they happened. */
  readonly applied: readonly Taken[]
  /** What rules declined, a list for each round of fusing. */
  readonly rounds: readonly (readonly Decline[])[]
}

/**
 * What was declined for a layer, as of the last round in which something was: of the rules, and of each pass that
 * rewrites layers itself.
 */
export const lastDeclines = ({ rounds }: History): ReadonlyMap<string, readonly Decline[]> => {
  const byPath = new Map<string, readonly Decline[]>()
  for (const declines of rounds) {
    const now = new Map<string, Decline[]>()
    for (const decline of declines) {
      for (const path of new Set(decline.paths)) {
        const others = now.get(path)
        if (others === undefined) now.set(path, [decline])
        else others.push(decline)
      }
    }
    for (const [path, latest] of now) {
      const passes = new Set(latest.map(({ pass }) => pass))
      const kept = byPath.get(path)?.filter(({ pass }) => !passes.has(pass)) ?? []
      byPath.set(path, [...kept, ...latest])
    }
  }
  return byPath
}

/** Positions in `applied` of what took a path, by path. */
const indexTaken = (applied: readonly Taken[]): ReadonlyMap<string, readonly number[]> => {
  const byPath = new Map<string, number[]>()
  for (const [i, { paths }] of applied.entries()) {
    for (const path of new Set(paths)) {
      const before = byPath.get(path)
      if (before === undefined) byPath.set(path, [i])
      else before.push(i)
    }
  }
  return byPath
}

/** Everything that took a layer, then the layer it had become a part of, and so on. */
export const traceTaken = ({ applied }: History): ((path: string) => readonly Taken[]) => {
  const byPath = indexTaken(applied)
  return (path) => {
    const found = new Set<number>()
    const parts = [{ path, since: 0 }]
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { path: at, since } = part
      for (const i of byPath.get(at) ?? []) {
        if (i < since || found.has(i)) continue
        found.add(i)
        parts.push({ path: applied[i]?.path ?? at, since: i + 1 })
      }
    }
    return [...found].sort((a, b) => a - b).map((i) => applied[i] as Taken)
  }
}
