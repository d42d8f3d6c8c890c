import type { AnyKind, AnyModule, ModuleOf } from '@nnfuse/ir'
import { isMatching, type Pattern } from 'ts-pattern'

/** One place in a pattern: which kinds may stand there, and what else must hold of the module. */
export interface Slot<M extends AnyModule = AnyModule> {
  /** The kinds that may stand here, by name: the rule index works with these. */
  readonly kinds: readonly string[]
  /** How the slot is printed: `nn.Conv2d`. */
  readonly label: string
  /** Whether a module of one of the kinds fits. */
  readonly accepts: (module: AnyModule) => boolean
  /** Carries the type only. */
  readonly module?: M
}

/** What a pattern is written with: a kind, or a slot made by {@link oneOf} or {@link where}. */
export type SlotLike = AnyKind | Slot

/** The modules that can stand in a slot. */
export type SlotModule<S> = S extends AnyKind ? ModuleOf<S> : S extends Slot<infer M> ? M : never

/** The modules that a whole pattern matches, slot by slot. */
export type PatternModules<P extends readonly SlotLike[]> = { readonly [I in keyof P]: SlotModule<P[I]> }

const isKind = (slot: SlotLike): slot is AnyKind => typeof slot === 'function'

export const toSlot = (slot: SlotLike): Slot =>
  isKind(slot) ? { kinds: [slot.kind], label: slot.kind, accepts: () => true } : slot

/**
 * Any of several kinds.
 *
 * @example `rule('conv-relu', [oneOf(Conv1d, Conv2d), ReLU], ...)`
 */
export const oneOf = <const S extends readonly SlotLike[]>(...choices: S): Slot<SlotModule<S[number]>> => {
  const slots = choices.map(toSlot)
  return {
    kinds: [...new Set(slots.flatMap((slot) => slot.kinds))],
    label: slots.map((slot) => slot.label).join(' | '),
    accepts: (module) => slots.some((slot) => slot.kinds.includes(module.kind) && slot.accepts(module)),
  }
}

/**
 * A kind narrowed by its attributes, in the pattern language of ts-pattern.
 *
 * @example `where(Conv2d, { groups: 1 })`, `where(LeakyReLU, { negativeSlope: P.number.gt(0) })`
 */
export const where = <K extends AnyKind>(
  kind: K,
  attrs: Pattern.Pattern<ModuleOf<K>['attrs']>,
): Slot<ModuleOf<K>> => ({
  kinds: [kind.kind],
  label: `${kind.kind}(…)`,
  accepts: (module) => isMatching(attrs as Pattern.Pattern<unknown>, module.attrs),
})
