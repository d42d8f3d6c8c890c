import { printPattern } from '@nnfuse/matcher'
import { createPassManager, type Plugin } from '@nnfuse/pass-manager'
import { defaultPlugins, qatPlugins } from 'nnfuse'

/** One registered rule. */
export interface RuleRow {
  readonly rule: string
  readonly plugin: string
  /** Its pattern, in the order the layers run: `nn.Conv2d`; a graph pattern as one text, `nn.Add(nn.Conv2d, y)`. */
  readonly pattern: readonly string[]
  /** The later rule that is used instead, for it has the same pattern. */
  readonly overriddenBy?: string
}

/** Rules that are used together. */
export interface RuleSet {
  readonly name: 'default' | 'qat'
  readonly description: string
  /** What uses them. */
  readonly usedBy: readonly string[]
  readonly rules: readonly RuleRow[]
}

const rowsOf = (plugins: readonly Plugin[]): RuleRow[] =>
  createPassManager({ plugins }).rules.map(({ rule, plugin, overriddenBy }) => ({
    rule: rule.name,
    plugin,
    pattern: printPattern(rule.pattern),
    ...(overriddenBy !== undefined && { overriddenBy }),
  }))

/** Every rule that nnfuse comes with, set by set, in the order in which rules are tried when nothing else decides. */
export const rulesTable = (): RuleSet[] => [
  {
    name: 'default',
    description:
      'for inference: batch-norm is folded, ReLU held together with what it follows, parallel branches merged',
    usedBy: ['nnfuse fuse', 'fuse()', 'fuseModules()'],
    rules: rowsOf(defaultPlugins()),
  },
  {
    name: 'qat',
    description: 'for quantization-aware training: the layers are held together, batch-norm unfolded',
    usedBy: ['fuseModulesQat()'],
    rules: rowsOf(qatPlugins()),
  },
]
