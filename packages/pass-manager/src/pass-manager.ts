import type { AnyKind, AnyModule } from '@nnfuse/ir'
import {
  type Decline,
  type Exactness,
  isExactEnough,
  patternKey,
  printPattern,
  type Rule,
} from '@nnfuse/matcher'
import { duplicatePlugin, duplicateRule } from './errors.js'
import type { Instrument } from './instrument.js'
import { ofExactWeights } from './of-exact-weights.js'
import { orderPasses } from './order-passes.js'
import { parsePipeline } from './parse-pipeline.js'
import type { Pass, PassLog } from './pass.js'
import { dropIdentity } from './passes/drop-identity.js'
import { flatten } from './passes/flatten.js'
import { fuse, leftoversOf } from './passes/fuse.js'
import { verify } from './passes/verify.js'
import { pipeline, repeat } from './pipeline.js'
import { definePlugin, type Plugin } from './plugin.js'
import type { Diagnostic, Report, RuleReport } from './report.js'
import { runPass, startOf } from './run-pass.js'

/** What {@link createPassManager} puts together. */
export interface PassManagerOptions {
  /** In order: of two rules with the same pattern the later plugin's is used. */
  readonly plugins: readonly Plugin[]
  /** A pass, or text that names {@link builtInPasses} and those of the plugins. Default: {@link defaultPipeline}. */
  readonly pipeline?: Pass | string
  /**
   * Plugins' passes run where the pipeline names them. With `true` those that it does not name are added to it, each
   * where its `before` and `after` say, and at the end where they say nothing. Default: false.
   */
  readonly addPluginPasses?: boolean
  /** How exact rewrites must be: rules that are less so are left out. Default `real`. */
  readonly exact?: Exactness
  /** They watch every pass; of two the later is nearer to the pass. */
  readonly instruments?: readonly Instrument[]
}

/** A rule with the plugin it came from, and the rule that overrides it if one does. */
export interface RegisteredRule {
  readonly rule: Rule
  readonly plugin: string
  readonly overriddenBy?: string
}

/** Plugins and a pipeline, checked against each other, ready to run. */
export interface PassManager {
  readonly rules: readonly RegisteredRule[]
  readonly kinds: readonly AnyKind[]
  readonly passes: readonly Pass[]
  readonly diagnostics: readonly Diagnostic[]
  /** Runs the pipeline; the model that goes in is not changed. */
  run(model: AnyModule): { model: AnyModule; report: Report }
}

/** Rounds of fusing: each can only make the model smaller, and real models need two or three. */
const maxRounds = 16

/**
 * `flatten`, then drop what does nothing and fuse, until nothing changes.
 *
 * @param plugins whose passes that say `eachRound` run before the rules in each round, those that say `afterRounds` when
 * the rounds have come to an end, which then go on if something has changed, and those that say `last` in the end
 */
export const defaultPipeline = (plugins: readonly Plugin[] = []): Pass => {
  const passes = plugins.flatMap((plugin) => plugin.passes ?? [])
  const first = passes.filter(({ eachRound }) => eachRound)
  const after = passes.filter(({ afterRounds }) => afterRounds)
  const last = passes.filter((pass) => pass.last)
  const rounds = repeat({ max: maxRounds }, dropIdentity, ...first, fuse)
  const whole = after.length === 0 ? rounds : repeat({ max: maxRounds }, rounds, ...after)
  return pipeline(flatten, whole, ...last)
}

/** What the text of a pipeline can name without any plugin. */
export const builtInPasses: readonly Pass[] = [flatten, dropIdentity, fuse, verify]

const isIn = (whole: Pass, pass: Pass): boolean =>
  whole === pass || (whole.parts?.passes.some((part) => isIn(part, pass)) ?? false)

const withAll = (whole: Pass, passes: readonly Pass[]): Pass => {
  const missing = passes.filter((pass) => !isIn(whole, pass))
  if (missing.length === 0) return whole
  const steps = whole.parts?.kind === 'pipeline' ? whole.parts.passes : [whole]
  return pipeline(...orderPasses([...steps, ...missing]))
}

const register = (plugins: readonly Plugin[]): RegisteredRule[] => {
  const byName = new Map<string, string>()
  const byPattern = new Map<string, { rule: Rule; plugin: string }>()
  const all = plugins.flatMap(({ name, rules = [] }) => rules.map((rule) => ({ rule, plugin: name })))
  for (const { rule, plugin } of all) {
    const other = byName.get(rule.name)
    if (other !== undefined) throw duplicateRule(rule.name, other, plugin)
    byName.set(rule.name, plugin)
    byPattern.set(patternKey(rule), { rule, plugin })
  }
  return all.map((entry) => {
    const last = byPattern.get(patternKey(entry.rule))
    const isOverridden = last !== undefined && last.plugin !== entry.plugin
    return isOverridden ? { ...entry, overriddenBy: last.rule.name } : entry
  })
}

const overrides = (rules: readonly RegisteredRule[]): Diagnostic[] =>
  rules.flatMap(({ rule, plugin, overriddenBy }) =>
    overriddenBy === undefined
      ? []
      : [
          {
            code: 'OVERRIDDEN_RULE',
            message: `"${overriddenBy}" overrides "${rule.name}" of ${plugin}: same pattern`,
          },
        ],
  )

const checkPlugins = (plugins: readonly Plugin[]): void => {
  const names = new Set<string>()
  for (const plugin of plugins) {
    definePlugin(plugin)
    if (names.has(plugin.name)) throw duplicatePlugin(plugin.name)
    names.add(plugin.name)
  }
}

const newLog = (): PassLog => ({
  applied: [],
  tried: new Map(),
  rounds: [],
  dropped: [],
  passes: [],
  settled: [],
})

const countByRule = (entries: readonly { readonly rule: string }[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { rule } of entries) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return counts
}

/** Each decline once: a later round's replaces an earlier one of the same rule for the same layers. */
const lastDeclines = (rounds: readonly (readonly Decline[])[]): Decline[] => {
  const last = new Map<string, Decline>()
  for (const decline of rounds.flat()) last.set(JSON.stringify([decline.rule, decline.paths]), decline)
  return [...last.values()]
}

/** What passes have done under names that are no rules'. */
const passReports = (
  rules: readonly RegisteredRule[],
  plugins: readonly Plugin[],
  log: PassLog,
): RuleReport[] => {
  const counts = countByRule(log.applied)
  for (const { rule } of rules) counts.delete(rule.name)
  return [...counts].map(([name, applied]) => {
    const plugin = plugins.find(({ passes = [] }) =>
      passes.some(({ rewrites = [] }) => rewrites.includes(name)),
    )
    return { rule: name, plugin: plugin?.name ?? '', pattern: [], tried: applied, applied, declined: 0 }
  })
}

const ruleReports = (rules: readonly RegisteredRule[], log: PassLog): RuleReport[] => {
  const applied = countByRule(log.applied)
  const declined = countByRule(lastDeclines(log.rounds))
  return rules
    .filter(({ overriddenBy }) => overriddenBy === undefined)
    .map(({ rule, plugin }) => ({
      rule: rule.name,
      plugin,
      pattern: printPattern(rule.pattern),
      tried: log.tried.get(rule.name) ?? 0,
      applied: applied.get(rule.name) ?? 0,
      declined: declined.get(rule.name) ?? 0,
    }))
}

/**
 * Collects plugins and a pipeline through one door.
 *
 * @throws NnfuseError `DUPLICATE_PLUGIN`, `DUPLICATE_RULE`, `BAD_PLUGIN`, `BAD_PIPELINE`, `DUPLICATE_PASS` or
 *   `PASS_CYCLE`.
 */
export const createPassManager = ({
  plugins,
  pipeline: asked = defaultPipeline(plugins),
  addPluginPasses = false,
  exact = 'real',
  instruments = [],
}: PassManagerOptions): PassManager => {
  checkPlugins(plugins)
  const passes = plugins.flatMap((plugin) => plugin.passes ?? [])
  const parsed = typeof asked === 'string' ? parsePipeline(asked, [...builtInPasses, ...passes]) : asked
  const whole = addPluginPasses ? withAll(parsed, passes) : parsed
  const rules = register(plugins)
  const active = rules
    .filter(({ rule, overriddenBy }) => overriddenBy === undefined && isExactEnough(rule.exactness, exact))
    .map(({ rule }) => (exact === 'bits' ? ofExactWeights(rule) : rule))
  const diagnostics = overrides(rules)
  return {
    rules,
    kinds: plugins.flatMap((plugin) => plugin.kinds ?? []),
    passes,
    diagnostics,
    run: (model) => {
      const log = newLog()
      const result = runPass(whole, model, { rules: active, exact, log, position: startOf(instruments) })
      const report: Report = {
        rules: [...ruleReports(rules, log), ...passReports(rules, plugins, log)],
        applied: log.applied,
        declined: lastDeclines(log.rounds),
        left: leftoversOf(result, active, log.rounds),
        dropped: log.dropped,
        passes: log.passes,
        diagnostics,
      }
      return { model: result, report }
    },
  }
}
