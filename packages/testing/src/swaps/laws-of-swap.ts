import { type AnyModule, inference, train } from '@nnfuse/ir'
import { sample } from 'fast-check'
import { isArbitrary } from '../cases.js'
import { violationOf } from '../check-law.js'
import { codeOfModel } from '../code/code-of-model.js'
import { swapBroken } from '../errors.js'
import type { Example } from '../generators/chain-of.js'
import { inputShapesOf } from '../input-shapes.js'
import type { Verdict } from '../law.js'
import { type LawCheck, lawCheck } from '../law-check.js'
import type { LawOptions } from '../settings.js'
import { swapChangesNoInput } from './laws/changes-no-input.js'
import { swappedComputesTheSame } from './laws/computes-the-same.js'
import { declinesWithANote } from './laws/declines-with-a-note.js'
import { swapGivesTheSameAgain } from './laws/gives-the-same-again.js'
import { keepsHooks } from './laws/keeps-hooks.js'
import { keepsTheGraph } from './laws/keeps-the-graph.js'
import { keepsTheMode } from './laws/keeps-the-mode.js'
import { losesNoInnerHook } from './laws/loses-no-inner-hook.js'
import { sharesParameters } from './laws/shares-parameters.js'
import { swapsBack } from './laws/swaps-back.js'
import { swapsNoFurther } from './laws/swaps-no-further.js'
import { swapsWhatIsStated } from './laws/swaps-what-is-stated.js'
import type { Swap, SwapCase, SwapCases, SwapLaw, SwapSettings } from './swap.js'

const laws: readonly SwapLaw[] = [
  swapsWhatIsStated,
  keepsTheGraph,
  keepsTheMode,
  keepsHooks,
  losesNoInnerHook,
  sharesParameters,
  swappedComputesTheSame,
  swapsBack,
  swapsNoFurther,
  swapChangesNoInput,
  swapGivesTheSameAgain,
]

/** What is known of a swap that {@link lawsOfSwap} cannot know by itself, and how thoroughly it looks. */
export interface SwapLawOptions extends Pick<LawOptions, 'runs' | 'seed' | 'tolerance'> {
  /**
   * Switches off what swapped layers add, so that they compute what the others did:
   * `(root) => fakeQuantize(root, false)`. Default: nothing is switched off.
   */
  readonly plain?: (root: AnyModule) => AnyModule
  /** The way back, if there is one: `toFloat`. */
  readonly back?: Swap
  /** Whether the new layers hold the very tensors of the old ones. Default true; layers of integers do not. */
  readonly sharesParameters?: boolean
  /** In which modes a model is tried. Default both; a swap that folds batch-norms is for inference. */
  readonly modes?: readonly ('inference' | 'training')[]
}

const examplesOf = ({ model, inputs }: SwapCase, { seed = 0, runs = 10 }: SwapLawOptions): Example[] =>
  isArbitrary(model)
    ? sample(model, { seed, numRuns: runs })
    : [{ model, inputs: inputs ?? inputShapesOf(model) }]

const checkOn = async (
  name: string,
  law: string,
  model: AnyModule,
  check: () => Verdict | Promise<Verdict>,
): Promise<void> => {
  const answer = await violationOf(check)
  if (answer === undefined) return
  throw swapBroken({ law, rule: name, where: `The model:\n\n${await codeOfModel(model)}`, ...answer })
}

const checksOf = (name: string, one: SwapCase, settings: SwapSettings, options: SwapLawOptions): LawCheck[] =>
  laws.map((law) =>
    lawCheck(`${name}: ${law.name}`, async () => {
      for (const { model, inputs } of examplesOf(one, options)) {
        for (const mode of options.modes ?? ['inference', 'training']) {
          const inMode = mode === 'training' ? train(model) : inference(model)
          await checkOn(name, law.name, inMode, () =>
            law.check({ ...one, ...settings, model: inMode, inputs }),
          )
        }
      }
    }),
  )

/**
 * The laws that every swap of layers must keep, one check for each law and case.
 *
 * The stated layers become layers of the stated kinds, all others stay the objects they are; paths, calls and values
 * stay; mode, hooks and parameters go over to the new layer; a hook inside of a layer is not lost without a note; with
 * what it adds switched off the model computes the same; the way back gives what there was; what was swapped is not
 * swapped again; nothing is changed of what is given; the same model gives the same again. What cannot be swapped stays,
 * with a note.
 *
 * @param cases under names of their own
 */
export const lawsOfSwap = (swap: Swap, cases: SwapCases, options: SwapLawOptions = {}): LawCheck[] => {
  const { plain = (root) => root, back, tolerance = 1e-5, seed = 0 } = options
  const settings = { swap, plain, back, tolerance, seed, sharesParameters: options.sharesParameters ?? true }
  return [
    ...Object.entries(cases.swaps).flatMap(([name, one]) => checksOf(name, one, settings, options)),
    ...Object.entries(cases.declines ?? {}).map(([name, one]) =>
      lawCheck(`${name}: declines with a note`, () =>
        checkOn(name, 'declines with a note', one.model, () => declinesWithANote(swap, one)),
      ),
    ),
  ]
}
