import type { Plugin } from '@nnfuse/pass-manager'
import { checkOnModel } from './check-law.js'
import { noSuchLaw, noSuchRule } from './errors.js'
import type { LawOnExample } from './law.js'
import { generalLaws, statedLaws } from './laws/all-laws.js'
import { type LawOptions, settingsOf } from './settings.js'

const laws = [...generalLaws, ...statedLaws]

/**
 * Checks one law of one rule on one model. What `testPlugin` prints of a law that is broken on a random model calls
 * this.
 *
 * @throws NnfuseError `LAW_BROKEN`; `NO_SUCH_RULE` and `NO_SUCH_LAW` with what there is; `CASE_CANNOT_RUN` where the
 *   model cannot be run on such inputs
 */
export const checkExample = async (
  { rules = [] }: Plugin,
  { rule: ruleName, law: lawName, ...example }: LawOnExample,
  options: Pick<LawOptions, 'seed' | 'tolerance' | 'engine'> = {},
): Promise<void> => {
  const rule = rules.find(({ name }) => name === ruleName)
  if (rule === undefined) {
    throw noSuchRule(
      ruleName,
      rules.map(({ name }) => name),
    )
  }
  const law = laws.find(({ name }) => name === lawName)
  if (law === undefined) {
    throw noSuchLaw(
      lawName,
      laws.map(({ name }) => name),
    )
  }
  const settings = settingsOf(options)
  await checkOnModel(law.name, rule, example.model, () => law.check({ ...example, rule, settings }))
}
