import { type Exactness, printPattern } from '@nnfuse/matcher'
import { createPassManager, type Plugin, type RegisteredRule } from '@nnfuse/pass-manager'
import { defaultPlugins, qatPlugins } from 'nnfuse'

/** One registered rule. */
export interface RuleRow {
  readonly rule: string
  readonly plugin: string
  /** Its pattern, in the order the layers run: `nn.Conv2d`; a graph pattern as one text, `nn.Add(nn.Conv2d, y)`. */
  readonly pattern: readonly string[]
  readonly exactness: Exactness
  /** The later rule that is used instead, for it has the same pattern. */
  readonly overriddenBy?: string
  /** The earlier rules that it is used instead of. */
  readonly overrides: readonly string[]
}

/** A pass of a plugin, which rewrites layers without being a rule. */
export interface PassRow {
  readonly pass: string
  readonly plugin: string
  readonly description: string
  /** Whether it runs in each round. One that does not runs only in a pipeline that names it. */
  readonly eachRound: boolean
}

/** Rules that are used together. */
export interface RuleSet {
  readonly name: 'default' | 'qat' | 'chosen'
  readonly description: string
  /** What uses them. */
  readonly usedBy: readonly string[]
  readonly rules: readonly RuleRow[]
  readonly passes: readonly PassRow[]
}

/** Whose rules `rulesTable` lists. */
export interface RulesTableOptions {
  /** List what these have instead; see `loadPlugins`. */
  readonly plugins?: readonly Plugin[]
}

const ruleRow = (
  { rule, plugin, overriddenBy }: RegisteredRule,
  all: readonly RegisteredRule[],
): RuleRow => ({
  rule: rule.name,
  plugin,
  pattern: printPattern(rule.pattern),
  exactness: rule.exactness,
  ...(overriddenBy !== undefined && { overriddenBy }),
  overrides: all.filter((other) => other.overriddenBy === rule.name).map((other) => other.rule.name),
})

const passRows = ({ name, passes = [] }: Plugin): PassRow[] =>
  passes.map((pass) => ({
    pass: pass.name,
    plugin: name,
    description: pass.description,
    eachRound: pass.eachRound ?? false,
  }))

const rowsOf = (plugins: readonly Plugin[]): Pick<RuleSet, 'rules' | 'passes'> => {
  const { rules } = createPassManager({ plugins })
  return { rules: rules.map((rule) => ruleRow(rule, rules)), passes: plugins.flatMap(passRows) }
}

/**
 * Every rule that nnfuse comes with, set by set, in the order in which rules are tried when nothing else decides; or
 * those of the plugins that are given.
 */
export const rulesTable = ({ plugins }: RulesTableOptions = {}): RuleSet[] =>
  plugins === undefined ? ownSets() : [chosenSet(plugins)]

const chosenSet = (plugins: readonly Plugin[]): RuleSet => ({
  name: 'chosen',
  description: 'what these options and this configuration file choose',
  usedBy: ['nnfuse fuse', 'nnfuse plan', 'nnfuse explain'],
  ...rowsOf(plugins),
})

const ownSets = (): RuleSet[] => [
  {
    name: 'default',
    description:
      'for inference: batch-norm is folded, ReLU held together with what it follows, parallel branches merged',
    usedBy: ['nnfuse fuse', 'fuse()', 'fuseModules()'],
    ...rowsOf(defaultPlugins()),
  },
  {
    name: 'qat',
    description: 'for quantization-aware training: the layers are held together, batch-norm unfolded',
    usedBy: ['fuseModulesQat()'],
    ...rowsOf(qatPlugins()),
  },
]
