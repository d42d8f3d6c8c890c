import { type AnyModule, type Hook, type Hooks, hasHooks, mapModules, walk, withHooks } from '@nnfuse/ir'
import type { Moves } from './pattern-graph.js'

/*
 * Forward pre-hooks of the first layer and forward hooks of the last belong to the fused module, which runs from
 * before the one to after the other. A hook in between keeps its place where its layer goes into the fused module as
 * it is; where layers are computed into one, there is no such place any more.
 */

/** A hook that has no place after fusing. */
export interface LostHook {
  /** Which of the matched layers it was on, from 0. */
  readonly slot: number
  readonly when: 'before' | 'after'
}

const sameHooks = (a: Hooks, b: Hooks): boolean =>
  a.forwardPre.length === b.forwardPre.length && a.forward.length === b.forward.length

const haveHooks = (modules: readonly AnyModule[]): boolean => modules.some(({ hooks }) => hasHooks(hooks))

/** The modules as a rule sees them: without the hooks that move. */
export const withoutMovedHooks = (
  modules: readonly AnyModule[],
  { before, after }: Moves,
): readonly AnyModule[] => {
  if (!haveHooks(modules)) return modules
  return modules.map((module, i) => {
    const hooks = {
      forwardPre: i === before ? [] : module.hooks.forwardPre,
      forward: i === after ? [] : module.hooks.forward,
    }
    return sameHooks(hooks, module.hooks) ? module : withHooks(module, hooks)
  })
}

const withMovedHooks = (
  fused: AnyModule,
  modules: readonly AnyModule[],
  { before, after }: Moves,
): AnyModule => {
  const forwardPre = (before !== undefined && modules[before]?.hooks.forwardPre) || []
  const forward = (after !== undefined && modules[after]?.hooks.forward) || []
  if (forwardPre.length === 0 && forward.length === 0) return fused
  return withHooks(fused, {
    forwardPre: [...forwardPre, ...fused.hooks.forwardPre],
    forward: [...fused.hooks.forward, ...forward],
  })
}

const lostAt = ({ hooks }: AnyModule, slot: number): LostHook[] => [
  ...hooks.forwardPre.map((): LostHook => ({ slot, when: 'before' })),
  ...hooks.forward.map((): LostHook => ({ slot, when: 'after' })),
]

/** A rewritten layer may still carry hooks of the layer it was made from; they would fire at another place. */
const stripHooks = (fused: AnyModule, lost: ReadonlySet<symbol>): AnyModule => {
  const kept = (hooks: readonly Hook[]): Hook[] => hooks.filter(({ id }) => !lost.has(id))
  return mapModules(fused, (module) => {
    const hooks = { forwardPre: kept(module.hooks.forwardPre), forward: kept(module.hooks.forward) }
    return sameHooks(hooks, module.hooks) ? module : withHooks(module, hooks)
  })
}

/**
 * Gives the fused module its hooks.
 *
 * @param fused what a rewrite made of `seen`
 * @param modules the matched modules
 * @param seen the same as the rewrite saw them, see {@link withoutMovedHooks}
 */
export const moveHooks = (
  fused: AnyModule,
  modules: readonly AnyModule[],
  seen: readonly AnyModule[],
  moves: Moves,
): { replacement: AnyModule; lostHooks: readonly LostHook[] } => {
  if (!haveHooks(modules)) return { replacement: fused, lostHooks: [] }
  const kept = new Set([...walk(fused)].map(({ module }) => module))
  const gone = seen.map((module, slot) => ({ module, slot })).filter(({ module }) => !kept.has(module))
  const lostHooks = gone.flatMap(({ module, slot }) => lostAt(module, slot))
  if (lostHooks.length === 0) return { replacement: withMovedHooks(fused, modules, moves), lostHooks }
  const ids = gone.flatMap(({ module: { hooks } }) =>
    [...hooks.forwardPre, ...hooks.forward].map(({ id }) => id),
  )
  return { replacement: withMovedHooks(stripHooks(fused, new Set(ids)), modules, moves), lostHooks }
}
