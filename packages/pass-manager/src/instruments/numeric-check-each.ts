import type { AnyModule } from '@nnfuse/ir'
import { cannotCompare } from '../errors.js'
import type { AfterPassInfo, Instrument } from '../instrument.js'

/** A pass after which the model computes something else. */
export interface NumericProblem {
  readonly pass: string
  /** From the outermost pass to this one. */
  readonly path: readonly string[]
  /** Which change of the run it was, counted from 1. */
  readonly change: number
  readonly problem: string
}

/** How {@link numericCheckEach} compares two models. */
export interface NumericCheckOptions {
  /** What is wrong with the second model by the first; undefined where nothing is. */
  readonly compare: (before: AnyModule, after: AnyModule) => string | undefined | Promise<string | undefined>
}

/** An instrument that collects models, to be compared after the run. */
export interface NumericCheck extends Instrument {
  /**
   * Compares what was collected since the last call, in order.
   *
   * @throws NnfuseError `CANNOT_COMPARE` where the comparer throws, naming the pass.
   */
  readonly problems: () => Promise<NumericProblem[]>
}

/**
 * Collects the models before and after each pass that changes something. Passes run synchronously and models do not,
 * so the comparing comes after the run: `await check.problems()`.
 */
export const numericCheckEach = ({ compare }: NumericCheckOptions): NumericCheck => {
  let collected: AfterPassInfo[] = []
  const compared = async ({ pass, before, after }: AfterPassInfo): Promise<string | undefined> => {
    try {
      return await compare(before, after)
    } catch (cause) {
      throw cannotCompare(pass.name, cause)
    }
  }
  return {
    afterPass: (info) => {
      if (info.changed && info.pass.parts === undefined) collected.push(info)
    },
    problems: async () => {
      const problems: NumericProblem[] = []
      const changes = collected
      collected = []
      for (const [i, info] of changes.entries()) {
        const problem = await compared(info)
        const { pass, path } = info
        if (problem !== undefined) problems.push({ pass: pass.name, path, change: i + 1, problem })
      }
      return problems
    },
  }
}
