import type { AnyModule, Model } from '@nnfuse/ir'
import type { ModelOrExamples } from '../cases.js'
import type { Shape } from '../generators/layer-generator.js'
import type { Verdict } from '../law.js'

/**
 * Puts other layers in the place of some, one for one, and leaves the rest: `prepareQat` with a mapping and without
 * activations, `toFloat`, or what a plugin has made of them with rows of its own.
 */
export type Swap = (model: Model) => Model

/** A model in which layers are swapped, with what is to be seen then. */
export interface SwapCase {
  readonly model: ModelOrExamples
  /** Shapes of the model's inputs, where they do not follow from its graph or its first layer. Random models bring theirs. */
  readonly inputs?: readonly Shape[]
  /** By dotted path, the kind that a layer becomes: `{ fc: 'acme.QatLinear' }`. All others stay the objects they are. */
  readonly becomes: Readonly<Record<string, string>>
  /** Whether the way back gives other layers than there were, as where a batch-norm has been folded. Default false. */
  readonly foldsBack?: boolean
}

/** A model of which a layer must stay as it is. */
export interface SwapDeclines {
  readonly model: AnyModule
  /** The layer that stays. */
  readonly path: string
  /** What the note on the model says: these words, or words that match. */
  readonly reason: string | RegExp
}

/** What a swap is tested on, each under a name. */
export interface SwapCases {
  readonly swaps: Readonly<Record<string, SwapCase>>
  readonly declines?: Readonly<Record<string, SwapDeclines>>
}

/** What is known of a swap, for all of its cases. */
export interface SwapSettings {
  readonly swap: Swap
  readonly plain: (root: AnyModule) => AnyModule
  readonly back: Swap | undefined
  readonly sharesParameters: boolean
  readonly tolerance: number
  readonly seed: number
}

/** One model, in one mode, in which layers are swapped. */
export interface SwapTrial extends Omit<SwapCase, 'model' | 'inputs'>, SwapSettings {
  readonly model: AnyModule
  readonly inputs: readonly Shape[]
}

/** Something that is true of every swap on every model. */
export interface SwapLaw {
  readonly name: string
  readonly check: (trial: SwapTrial) => Verdict | Promise<Verdict>
}
