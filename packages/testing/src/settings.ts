import { apply, plan } from '@nnfuse/matcher'
import type { LayerGenerator } from './generators/layer-generator.js'
import type { Settings } from './law.js'
import type { Engine } from './settle.js'

/** How thoroughly {@link lawsOf} looks, and with which layers. */
export interface LawOptions {
  /** Random models for each law of each rule. Default 10; 0 leaves them out. */
  readonly runs?: number
  /** Decides the random models and the inputs they are run on. Default 0. */
  readonly seed?: number
  /** Largest difference between fused and unfused outputs, as a part of the largest element. Default 1e-5. */
  readonly tolerance?: number
  /** How to make layers, by the name of their kind: the plugin's own kinds, or others than the kit makes. */
  readonly generators?: Readonly<Record<string, LayerGenerator>>
  /** What matches and applies rules, where that is what is tested. Default: `@nnfuse/matcher`. */
  readonly engine?: Partial<Engine>
}

const usual = { runs: 10, seed: 0, tolerance: 1e-5 }

/** Options with what they leave open. */
export const settingsOf = ({ engine, ...options }: LawOptions): Settings => {
  const { runs, seed, tolerance } = { ...usual, ...options }
  return { runs, seed, tolerance, engine: { plan, apply, ...engine } }
}

/** Those that are not as usual and decide whether a law holds on a model, by name. */
export const unusualSettings = (settings: Pick<Settings, 'seed' | 'tolerance'>): [string, number][] =>
  (['seed', 'tolerance'] as const)
    .filter((name) => settings[name] !== usual[name])
    .map((name) => [name, settings[name]])
