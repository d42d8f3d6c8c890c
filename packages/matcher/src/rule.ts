import type { AnyKind, AnyModule, ValueType } from '@nnfuse/ir'
import type { Declined } from './decline.js'
import { emptyName, emptyPattern, slotWithoutKinds } from './errors.js'
import { type PatternModules, type Slot, type SlotLike, toSlot } from './slot.js'

/** What guards and rewrites may know of a match. Slots count from 0 in the order the layers run. */
export interface MatchContext<Modules extends readonly AnyModule[] = readonly AnyModule[]> {
  readonly modules: Modules
  /** Path of each module: `layer1.0.conv1`. */
  readonly paths: readonly string[]
  /** What is known of the value that the layer in a slot gives: often the shape, sometimes nothing. */
  outputType(slot: number): ValueType
  /** The caller has named these layers, and answers for what cannot be known of them, such as their shapes. */
  readonly asked: boolean
  /** The same as the function `decline`. */
  decline(reason: string): Declined
}

/** A condition: true, or the reason why the rule does not apply. */
export type Guard<Modules extends readonly AnyModule[] = readonly AnyModule[]> = (
  cx: MatchContext<Modules>,
) => true | Declined

/** Makes the one module that stands for the matched ones; pure, and computes no weights (see `deferredTensor`). */
export type Rewrite<Modules extends readonly AnyModule[]> = (
  ...args: [...modules: Modules, cx: MatchContext<Modules>]
) => AnyModule | Declined

export interface RuleOptions<Modules extends readonly AnyModule[]> {
  /** All must hold, in order; the first that does not gives the reason. */
  readonly when?: readonly Guard<Modules>[]
  /** Among rules of equal length the higher benefit wins. Default 0. */
  readonly benefit?: number
  /** Kinds that the rule exists to remove: where one is left over, reports say why. */
  readonly eliminates?: readonly AnyKind[]
}

/** A fusing rule. Make one with {@link rule}. */
export interface Rule {
  readonly name: string
  readonly slots: readonly Slot[]
  readonly guards: readonly Guard[]
  readonly benefit: number
  readonly eliminates: readonly string[]
  readonly rewrite: (...args: never[]) => AnyModule | Declined
}

/** The same for every rule with these kinds in these places: a later one overrides an earlier. */
export const patternKey = (rule: Rule): string => rule.slots.map((slot) => slot.label).join(', ')

/**
 * Declares a rule: layers of these kinds, one feeding the next, become one module.
 *
 * The engine checks before guards run that nobody else uses what happens in between, that no hook is lost and that
 * no shared module is rewritten; see `checkLegality`.
 *
 * @example
 * ```ts
 * rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn) => fold(conv, bn), { when: [hasRunningStats] })
 * ```
 * @throws NnfuseError `BAD_RULE` for an empty name or pattern.
 */
export const rule = <const P extends readonly SlotLike[]>(
  name: string,
  pattern: P,
  rewrite: Rewrite<PatternModules<P>>,
  { when = [], benefit = 0, eliminates = [] }: RuleOptions<PatternModules<P>> = {},
): Rule => {
  if (name === '') throw emptyName()
  const slots = pattern.map(toSlot)
  if (slots.length === 0) throw emptyPattern(name)
  const empty = slots.findIndex((slot) => slot.kinds.length === 0)
  if (empty >= 0) throw slotWithoutKinds(name, empty)
  return {
    name,
    slots,
    guards: when as readonly Guard[],
    benefit,
    eliminates: eliminates.map((kind) => kind.kind),
    rewrite: rewrite as unknown as Rule['rewrite'],
  }
}
