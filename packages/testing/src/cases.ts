import type { AnyModule } from '@nnfuse/ir'
import type { Arbitrary } from 'fast-check'
import type { Example } from './generators/chain-of.js'
import type { Shape } from './generators/layer-generator.js'

/** A model, or random ones. */
export type ModelOrExamples = AnyModule | Arbitrary<Example>

/** A model on which a rule applies, with what is to be seen then. */
export interface FusesCase {
  readonly model: ModelOrExamples
  /** Shapes of the model's inputs, where they do not follow from its graph or its first layer. Random models bring theirs. */
  readonly inputs?: readonly Shape[]
  /** How often the rule applies, all rounds together. Default 1. */
  readonly applies?: number
  /** The tree that is left, as `print` gives it; indent it as you like. */
  readonly prints?: string
}

/** A model that a rule's pattern fits and that the rule declines. */
export interface DeclinesCase {
  readonly model: AnyModule
  /** The reason it gives: these words, or words that match. */
  readonly reason: string | RegExp
}

/** What a rule is tested on. */
export interface RuleCases {
  /** At least one; a bare model stands for `{ model }`. */
  readonly fuses: readonly (ModelOrExamples | FusesCase)[]
  readonly declines?: readonly DeclinesCase[]
}

/** Cases by the name of the rule. */
export type PluginCases = Readonly<Record<string, RuleCases>>

export const isArbitrary = (value: ModelOrExamples): value is Arbitrary<Example> => 'generate' in value

/** The long form of a case. */
export const toCase = (given: ModelOrExamples | FusesCase): FusesCase =>
  'model' in given ? given : { model: given }
