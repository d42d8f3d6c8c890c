import { type AnyModule, isNnfuseError, print } from '@nnfuse/ir'
import type { Rule } from '@nnfuse/matcher'
import type { Arbitrary } from 'fast-check'
import { type Answer, describe, type Question, search } from './counterexample.js'
import { lawBroken, messageOf, noExamples } from './errors.js'
import type { Example } from './generators/chain-of.js'
import type { Law, Settings, Trial, Verdict } from './law.js'
import { statedLaws } from './laws/all-laws.js'

/** A rule under test, with all that is stated about one case of it. */
export type Statement = Omit<Trial, 'model' | 'inputs'>

const isUnfair = (error: unknown): boolean =>
  isNnfuseError(error) && (error.code === 'CASE_CANNOT_RUN' || error.code === 'NO_INPUT_SHAPE')

/** A rule that throws breaks whatever law it is tried for; a case that cannot be used breaks none. */
export const violationOf = async (check: () => Verdict | Promise<Verdict>): Promise<Answer | undefined> => {
  try {
    return await check()
  } catch (cause) {
    if (isUnfair(cause)) throw cause
    return { problem: messageOf(cause), cause }
  }
}

/** Checks a law on one model. @throws NnfuseError `LAW_BROKEN` */
export const checkOnModel = async (
  law: string,
  rule: Rule,
  model: AnyModule,
  check: () => Verdict | Promise<Verdict>,
): Promise<void> => {
  const answer = await violationOf(check)
  if (answer === undefined) return
  throw lawBroken({ law, rule: rule.name, where: `The model:\n\n${print(model)}`, ...answer })
}

/** Checks a law on random models. @throws NnfuseError `LAW_BROKEN` with the smallest counterexample */
export const checkOnExamples = async (
  law: Law,
  statement: Statement,
  examples: Arbitrary<Example>,
): Promise<void> => {
  const { rule, settings } = statement
  let unfair: unknown
  const question: Question = async (example) => {
    try {
      return await violationOf(() => law.check({ ...statement, ...example }))
    } catch (cause) {
      unfair = cause
      return 'unusable'
    }
  }
  const found = await search(examples, question, settings)
  if (found === 'no models') throw noExamples(rule.name, unfair)
  if (found === 'none') return
  const { problem, cause } = found
  const { applies, prints } = statement
  const stated = statedLaws.includes(law) ? { applies, prints } : {}
  const where = await describe(found, { rule: rule.name, law: law.name, ...stated }, settings)
  throw lawBroken({ law: law.name, rule: rule.name, problem, where, cause })
}

/** How often a rule applied to random models. */
export const countFused = async (
  examples: Arbitrary<Example>,
  fuses: (example: Example) => boolean,
  settings: Settings,
): Promise<number> => {
  let fused = 0
  const question: Question = (example) => {
    if (fuses(example)) fused += 1
    return Promise.resolve(undefined)
  }
  await search(examples, question, settings)
  return fused
}
