import type { AnyModule } from '@nnfuse/ir'
import type { Decline, Exactness, Rule, Taken } from '@nnfuse/matcher'
import type { PassReport } from './report.js'
import type { Position } from './run-pass.js'

/** What passes write about themselves. Only the pass manager reads it back. */
export interface PassLog {
  readonly applied: Taken[]
  readonly tried: Map<string, number>
  /** What rules declined, a list for each round of fusing. */
  readonly rounds: (readonly Decline[])[]
  readonly dropped: string[]
  readonly passes: PassReport[]
  /** Each `repeat` that has ended, and the model in which it found nothing to change any more. */
  readonly settled: { readonly name: string; readonly model: AnyModule }[]
}

/** What a pass knows besides its model. */
export interface PassContext {
  /** The rules of all plugins, in order, overridden ones left out. */
  readonly rules: readonly Rule[]
  /** How exact rewrites must be; the rules are. */
  readonly exact: Exactness
  readonly log: PassLog
  /** The place of the run. A pass that runs others hands its context on as it is. */
  readonly position?: Position
}

/** When `repeat` stops though there may be more to do. */
export interface RepeatLimits {
  /** Rounds. */
  readonly max: number
  /** Stops after the round in which this many changes have been noted: rules applied and layers dropped. */
  readonly changes?: number
}

/** What a pass is made of, where it is made of others. */
export type PassParts =
  | { readonly kind: 'pipeline'; readonly passes: readonly Pass[] }
  | { readonly kind: 'repeat'; readonly passes: readonly Pass[]; readonly limits: RepeatLimits }

/** One step over a model. Returns the same module where it changes nothing. */
export interface Pass {
  readonly name: string
  readonly description: string
  /** What must hold before: true, or what is wrong. */
  readonly requires?: (model: AnyModule) => true | string
  readonly run: (model: AnyModule, cx: PassContext) => AnyModule
  /** What holds after: true, or what is wrong. */
  readonly ensures?: (model: AnyModule) => true | string
  /** Names under which it notes what it did, where it rewrites layers itself: reports count them as they do rules. */
  readonly rewrites?: readonly string[]
  /** Says that the default pipeline runs it before the rules, in each round. */
  readonly eachRound?: true
  /** Says that the default pipeline runs it after the rounds, which go on where it changes something. */
  readonly afterRounds?: true
  /** Says that the default pipeline runs it once, in the end. */
  readonly last?: true
  /** Names of passes that this one must precede, wherever both are put in order by `orderPasses`. */
  readonly before?: readonly string[]
  /** Names of passes that this one must follow, wherever both are put in order by `orderPasses`. */
  readonly after?: readonly string[]
  /** Set by `pipeline` and `repeat`. */
  readonly parts?: PassParts
}
