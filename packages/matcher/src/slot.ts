import type { AnyKind, AnyModule, ModuleOf } from '@nnfuse/ir'
import { isMatching, type Pattern } from 'ts-pattern'
import { printAttrs } from './print-attrs.js'

/** One place in a pattern: which kinds may stand there, and what else must hold of the module. */
export interface Slot<M extends AnyModule = AnyModule> {
  /** The kinds that may stand here, by name: the rule index works with these. */
  readonly kinds: readonly string[]
  /** How the slot is printed: `nn.Conv2d`. */
  readonly label: string
  /** Whether the inputs of every kind that may stand here can change places. */
  readonly commutative: boolean
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

export const toSlot = (slot: SlotLike): Slot => {
  if (!isKind(slot)) return slot
  const { commutative = false } = slot.definition
  return { kinds: [slot.kind], label: slot.kind, commutative, accepts: () => true }
}

/** Whether a module may stand in a slot. */
export const fits = ({ kinds, accepts }: Slot, module: AnyModule): boolean =>
  kinds.includes(module.kind) && accepts(module)

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
    commutative: slots.every((slot) => slot.commutative),
    accepts: (module) => slots.some((slot) => fits(slot, module)),
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
  label: `${kind.kind}(${printAttrs(attrs)})`,
  commutative: kind.definition.commutative ?? false,
  accepts: (module) => isMatching(attrs as Pattern.Pattern<unknown>, module.attrs),
})
