import type { Decline, Leftover, Taken } from '@nnfuse/matcher'

/** What became of one rule. */
export interface RuleReport {
  readonly rule: string
  readonly plugin: string
  /** Its pattern, slot by slot: `nn.Conv2d`; a graph pattern as one text. */
  readonly pattern: readonly string[]
  /** How often its pattern fitted. */
  readonly tried: number
  readonly applied: number
  readonly declined: number
}

/** One pass that ran. */
export interface PassReport {
  readonly pass: string
  readonly changed: boolean
  /** Of a repeated pass: how many rounds it ran, and why it stopped. */
  readonly rounds?: number
  readonly stopped?: 'unchanged' | 'limit'
  /** Which limit stopped it. */
  readonly limit?: 'max' | 'changes'
}

/** Something odd about the plugins or the pipeline that is no error. */
export interface Diagnostic {
  readonly code: 'OVERRIDDEN_RULE'
  readonly message: string
}

/** What happened, as plain JSON data; printing it is somebody else's job. */
export interface Report {
  readonly rules: readonly RuleReport[]
  readonly applied: readonly Taken[]
  /** Where a pattern fitted but the rule did not apply, each once. */
  readonly declined: readonly Decline[]
  /** Layers that look foldable and are still there, with the reasons. */
  readonly left: readonly Leftover[]
  readonly passes: readonly PassReport[]
  /** Layers that gave way without a rule: identities, dropout at inference. */
  readonly dropped: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}
