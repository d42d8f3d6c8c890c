import type { Rule } from '@nnfuse/matcher'
import { createPassManager, type Plugin } from '@nnfuse/pass-manager'
import type { PluginCases } from './cases.js'
import { noSuchRule } from './errors.js'
import { knownGenerators } from './generators/known-kinds.js'
import { type LawCheck, lawCheck } from './law-check.js'
import { ruleChecks } from './rule-checks.js'
import { type LawOptions, settingsOf } from './settings.js'

const registers = (plugin: Plugin): LawCheck =>
  lawCheck('the plugin registers', () => {
    createPassManager({ plugins: [plugin] })
  })

const hasNoStrayCases = (rules: readonly Rule[], cases: PluginCases): LawCheck =>
  lawCheck('all cases are of rules that there are', () => {
    const names = rules.map(({ name }) => name)
    const stray = Object.keys(cases).find((name) => !names.includes(name))
    if (stray !== undefined) throw noSuchRule(stray, names)
  })

/**
 * The laws that every rule of a plugin must keep, one check each, to be run by whatever runs tests.
 *
 * Of each rule: it has cases; it applies as often as they state and leaves the tree they print; the fused model
 * computes what the unfused one does; it leaves alone what others use; it changes none of its input; it gives the same
 * again; it comes to an end; it keeps other layers; it declines for the stated reason and leaves what it declines
 * alone. All but the counts and trees are checked on random models too, where there are generators for the kinds in
 * its pattern: for convolutions, transposed convolutions, linear layers, batch-norms and activations there are.
 *
 * @param cases by the name of the rule
 * @example
 * ```ts
 * for (const { name, run } of lawsOf(groupNorm(), cases)) test(name, run)
 * ```
 */
export const lawsOf = (plugin: Plugin, cases: PluginCases, options: LawOptions = {}): LawCheck[] => {
  const { rules = [] } = plugin
  const byName = new Map(Object.entries(cases))
  const generators = new Map([...knownGenerators, ...Object.entries(options.generators ?? {})])
  const settings = settingsOf(options)
  return [
    registers(plugin),
    hasNoStrayCases(rules, cases),
    ...rules.flatMap((rule) => ruleChecks(rule, byName.get(rule.name), generators, settings)),
  ]
}
