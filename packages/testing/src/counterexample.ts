import { type Arbitrary, asyncProperty, check, pre } from 'fast-check'
import { codeOfTest } from './code/code-of-test.js'
import type { Example } from './generators/chain-of.js'
import type { LawOnExample, Settings, Violation } from './law.js'

/** The smallest model found on which a law does not hold. */
export interface Counterexample extends Answer {
  readonly example: Example
  /** How many random models it held on before, and how often the one it did not hold on was made smaller. */
  readonly runs: number
  readonly shrinks: number
}

/** What became of a search: nothing found, something found, or no model that could be used. */
export type Search = Counterexample | 'none' | 'no models'

/** A violation with what was thrown, if it is that. */
export interface Answer extends Violation {
  readonly cause?: unknown
}

/** Whether a law holds on an example; 'unusable' where the example is no fair one. */
export type Question = (example: Example) => Promise<Answer | 'unusable' | undefined>

/** Making a counterexample smaller stops here; the smallest so far is as good. */
const longest = 20_000

/** So many unusable models for each usable one are put up with. */
const maxSkipsPerRun = 4

/** Looks for a random model on which a law does not hold, and makes it as small as it can. */
export const search = async (
  examples: Arbitrary<Example>,
  question: Question,
  { seed, runs }: Pick<Settings, 'seed' | 'runs'>,
): Promise<Search> => {
  const broken: (Answer & { readonly example: Example })[] = []
  const property = asyncProperty(examples, async (example) => {
    const answer = await question(example)
    pre(answer !== 'unusable')
    if (answer === undefined) return true
    broken.push({ ...answer, example })
    return false
  })
  const details = await check(property, {
    seed,
    numRuns: runs,
    maxSkipsPerRun,
    interruptAfterTimeLimit: longest,
  })
  const smallest = broken.at(-1)
  if (smallest === undefined) return details.failed ? 'no models' : 'none'
  const difference = Math.max(...broken.map((answer) => answer.difference ?? 0))
  return {
    ...smallest,
    ...(difference > 0 && { difference }),
    runs: details.numRuns - 1,
    shrinks: details.numShrinks,
  }
}

/** A counterexample as text: what was found how, and a test that finds it again. */
export const describe = async (
  { example, runs, shrinks, difference }: Counterexample,
  statement: Omit<LawOnExample, keyof Example>,
  settings: Pick<Settings, 'seed' | 'tolerance'>,
): Promise<string> => {
  const seen =
    difference === undefined
      ? ''
      : `The largest difference seen is ${difference.toPrecision(3)} of the largest element.\n`
  const found = `Found after ${runs} random models and made smaller ${shrinks} times (seed ${settings.seed}).`
  const title = 'The smallest, as a test of its own (`plugin` is the one under test):'
  return `${seen}${found} ${title}\n\n${await codeOfTest({ ...statement, ...example }, settings)}`
}
