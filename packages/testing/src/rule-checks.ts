import type { AnyModule } from '@nnfuse/ir'
import type { Rule } from '@nnfuse/matcher'
import type { Arbitrary } from 'fast-check'
import { type DeclinesCase, type FusesCase, isArbitrary, type RuleCases, toCase } from './cases.js'
import { checkOnExamples, checkOnModel, countFused, type Statement } from './check-law.js'
import { copyOf } from './copy-of.js'
import { neverFuses, noCases } from './errors.js'
import type { Example } from './generators/chain-of.js'
import { examplesFor } from './generators/examples-for-rule.js'
import type { LayerGenerators } from './generators/known-kinds.js'
import { inputShapesOf } from './input-shapes.js'
import type { Law, Settings } from './law.js'
import { type LawCheck, lawCheck } from './law-check.js'
import { declineLaws, generalLaws, statedLaws } from './laws/all-laws.js'
import { applicationsOf, settle } from './settle.js'

const checkFuses = (law: Law, statement: Statement, { model, inputs }: FusesCase): Promise<void> => {
  if (isArbitrary(model)) return checkOnExamples(law, statement, model)
  const trial = { ...statement, model, inputs: inputs ?? inputShapesOf(model) }
  return checkOnModel(law.name, statement.rule, model, () => law.check(trial))
}

/** `fuses` where there is one case, `fuses 2` where there are several. */
const numbered = (what: string, i: number, count: number): string => (count === 1 ? what : `${what} ${i + 1}`)

const fusesChecks = (rule: Rule, { fuses }: RuleCases, settings: Settings): LawCheck[] =>
  fuses.map(toCase).flatMap((stated, i) => {
    const { applies = 1, prints } = stated
    const statement: Statement = { rule, applies, prints, settings }
    return [...statedLaws, ...generalLaws]
      .filter((law) => law.name !== 'gives the printed tree' || prints !== undefined)
      .map((law) =>
        lawCheck(`${rule.name} ${numbered('fuses', i, fuses.length)}: ${law.name}`, () =>
          checkFuses(law, statement, stated),
        ),
      )
  })

const declinesChecks = (rule: Rule, declines: readonly DeclinesCase[], settings: Settings): LawCheck[] =>
  declines.flatMap(({ model, reason }, i) =>
    declineLaws.map((law) =>
      lawCheck(`${rule.name} ${numbered('declines', i, declines.length)}: ${law.name}`, () =>
        checkOnModel(law.name, rule, model, () => law.check({ rule, model, reason, settings })),
      ),
    ),
  )

/** Matching costs little, and a rule may decline many of the models. */
const runsToFuseSome = 30

const fusesSome = (rule: Rule, examples: Arbitrary<Example>, settings: Settings): LawCheck => {
  const fuses = ({ model }: { model: AnyModule }): boolean =>
    applicationsOf(settle(settings.engine, rule, copyOf(model))) > 0
  return lawCheck(`${rule.name} on random models: fuses some`, async () => {
    const fused = await countFused(examples, fuses, { ...settings, runs: runsToFuseSome })
    if (fused === 0) throw neverFuses(rule.name, runsToFuseSome)
  })
}

const randomChecks = (rule: Rule, generators: LayerGenerators, settings: Settings): LawCheck[] => {
  const examples = examplesFor(rule, generators)
  if (examples === undefined || settings.runs === 0) return []
  const laws = generalLaws.map((law) =>
    lawCheck(`${rule.name} on random models: ${law.name}`, () =>
      checkOnExamples(law, { rule, settings }, examples),
    ),
  )
  return [fusesSome(rule, examples, settings), ...laws]
}

/** Everything that is checked of one rule. */
export const ruleChecks = (
  rule: Rule,
  cases: RuleCases | undefined,
  generators: LayerGenerators,
  settings: Settings,
): LawCheck[] => {
  const hasCases = lawCheck(`${rule.name} has cases`, () => {
    if (cases === undefined || cases.fuses.length === 0) throw noCases(rule.name)
  })
  if (cases === undefined) return [hasCases]
  return [
    hasCases,
    ...fusesChecks(rule, cases, settings),
    ...declinesChecks(rule, cases.declines ?? [], settings),
    ...randomChecks(rule, generators, settings),
  ]
}
