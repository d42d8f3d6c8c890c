import type { AnyKind, AnyModule, ValueType } from '@nnfuse/ir'
import type { Declined } from './decline.js'
import { emptyName } from './errors.js'
import type { Exactness } from './exactness.js'
import type { OutputsPattern, ValuePattern } from './pattern.js'
import { chainPattern, compilePattern, type PatternGraph, printPattern } from './pattern-graph.js'
import { condition } from './print-attrs.js'
import { type PatternModules, type Slot, type SlotLike, toSlot } from './slot.js'

/**
 * What guards and rewrites may know of a match. The layers of a chain count from 0 in the order they run; those of a
 * graph pattern in the order in which it names them, inputs before what they feed.
 */
export interface MatchContext<
  Modules extends readonly AnyModule[] = readonly AnyModule[],
  Captures = unknown,
> {
  readonly modules: Modules
  /** Path of each module: `layer1.0.conv1`. */
  readonly paths: readonly string[]
  /** The captured layers of a graph pattern, by name. */
  readonly captures: Captures
  /** What is known of the value that a layer gives: often the shape, sometimes nothing. */
  outputType(layer: number): ValueType
  /** What is known of the value of this name in a graph pattern. */
  typeOf(name: string): ValueType
  /** What is known of an input of the match, in the order in which the replacement is given them. */
  inputType(input: number): ValueType
  /** The caller has named these layers, and answers for what cannot be known of them, such as their shapes. */
  readonly asked: boolean
  /** The same as the function `decline`. */
  decline(reason: string): Declined
}

/** A condition: true, or the reason why the rule does not apply. */
export type Guard<Modules extends readonly AnyModule[] = readonly AnyModule[], Captures = unknown> = (
  cx: MatchContext<Modules, Captures>,
) => true | Declined

/**
 * Makes the module that stands for the matched ones, or a small graph of modules (see `graphModule`); pure, and
 * computes no weights (see `deferredTensor`).
 */
export type Rewrite<Modules extends readonly AnyModule[]> = (
  ...args: [...modules: Modules, cx: MatchContext<Modules>]
) => AnyModule | Declined

/**
 * The same for a graph pattern. What it makes is given the values at the open places of the pattern, in the order in
 * which the pattern names them: first-to-last input, depth first.
 */
export type GraphRewrite<Captures> = (
  captures: Captures,
  cx: MatchContext<readonly AnyModule[], Captures>,
) => AnyModule | Declined

/** What {@link rule} can be told besides pattern and rewrite. */
export interface RuleOptions<Modules extends readonly AnyModule[], Captures = unknown> {
  /** All must hold, in order; the first that does not gives the reason. */
  readonly when?: readonly Guard<Modules, Captures>[]
  /** Among rules for equally many layers the higher benefit wins. Default 0. */
  readonly benefit?: number
  /** Kinds that the rule exists to remove: where one is left over, reports say why. */
  readonly eliminates?: readonly AnyKind[]
  /** Default `real`. */
  readonly exactness?: Exactness
}

/** A fusing rule. Make one with {@link rule}. */
export interface Rule {
  readonly name: string
  readonly pattern: PatternGraph
  /** The places for layers in the pattern, in its order. */
  readonly slots: readonly Slot[]
  readonly guards: readonly Guard[]
  readonly benefit: number
  readonly eliminates: readonly string[]
  readonly exactness: Exactness
  readonly rewrite: (cx: MatchContext) => AnyModule | Declined
}

/**
 * The same for every rule with these kinds in these places: a later one overrides an earlier. A pattern with conditions
 * that cannot be compared is like no other.
 */
export const patternKey = ({ name, pattern }: Rule): string => {
  const text = printPattern(pattern).join(', ')
  return text.includes(condition) ? `${text} of ${name}` : text
}

type AnyRewrite = (...args: readonly unknown[]) => AnyModule | Declined

type AnyPattern = readonly SlotLike[] | ValuePattern | OutputsPattern

const isChain = (pattern: AnyPattern): pattern is readonly SlotLike[] => Array.isArray(pattern)

interface MakeRule {
  <const P extends readonly SlotLike[]>(
    name: string,
    pattern: P,
    rewrite: Rewrite<PatternModules<P>>,
    options?: RuleOptions<PatternModules<P>>,
  ): Rule
  <C>(
    name: string,
    pattern: ValuePattern<C> | OutputsPattern<C>,
    rewrite: GraphRewrite<C>,
    options?: RuleOptions<readonly AnyModule[], C>,
  ): Rule
}

/**
 * Declares a rule: layers that match a pattern become one module, or a small graph. The pattern is a chain of kinds,
 * one feeding the next, or a graph made of `op` and `any`.
 *
 * The engine checks before guards run that nobody else uses what happens in between, that no hook is lost and that
 * no shared module is changed for others; see `checkLegality`.
 *
 * @example
 * ```ts
 * rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn) => fold(conv, bn), { when: [hasRunningStats] })
 * rule('conv2d-add', op(Add, op(Conv2d).as('conv'), any('y')), ({ conv }) => ConvAdd2d(conv))
 * ```
 * @throws NnfuseError `BAD_RULE` for an empty name, and for a pattern that is empty, uses a name for two layers, has
 * outputs that share nothing, or ends in no layer.
 */
export const rule: MakeRule = (
  name: string,
  given: AnyPattern,
  rewrite: unknown,
  { when = [], benefit = 0, eliminates = [], exactness = 'real' }: RuleOptions<never, never> = {},
): Rule => {
  if (name === '') throw emptyName()
  const run = rewrite as AnyRewrite
  const pattern = isChain(given) ? chainPattern(name, given.map(toSlot)) : compilePattern(name, given)
  return {
    name,
    pattern,
    slots: pattern.ops.map(({ slot }) => slot),
    guards: when as readonly Guard[],
    benefit,
    eliminates: eliminates.map((kind) => kind.kind),
    exactness,
    rewrite: pattern.isChain ? (cx) => run(...cx.modules, cx) : (cx) => run(cx.captures, cx),
  }
}
