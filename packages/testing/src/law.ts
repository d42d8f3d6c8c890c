import type { Rule } from '@nnfuse/matcher'
import type { Example } from './generators/chain-of.js'
import type { Engine } from './settle.js'

/** What holds for all trials of a plugin. */
export interface Settings {
  readonly engine: Engine
  /** Largest difference of two outputs, as a part of the largest element. */
  readonly tolerance: number
  /** Decides the inputs that models are run on, and the random models. */
  readonly seed: number
  /** How many random models a law is tried on. */
  readonly runs: number
}

/** One model that a rule is tried on. */
export interface Trial extends Example {
  readonly rule: Rule
  /** How often the rule must apply; undefined where that is not known. */
  readonly applies?: number | undefined
  /** The tree it must leave. */
  readonly prints?: string | undefined
  readonly settings: Settings
}

/** How a law is broken. */
export interface Violation {
  readonly problem: string
  /** The largest difference of two outputs as a part of the largest element, where it is about that. */
  readonly difference?: number
}

/** The violation, or undefined where a law holds. */
export type Verdict = Violation | undefined

/** Something that is true of every rule on every model. */
export interface Law {
  readonly name: string
  readonly check: (trial: Trial) => Verdict | Promise<Verdict>
}

/** A law of a rule, and the model on which it is asked whether it holds. */
export interface LawOnExample extends Example {
  readonly rule: string
  /** `computes the same` */
  readonly law: string
  /** How often the rule must apply, for the law that asks. */
  readonly applies?: number | undefined
  /** The tree that must be left, for the law that asks. */
  readonly prints?: string | undefined
}
