import type { Leftover } from '@nnfuse/matcher'
import { opsetOf } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import type { Diagnostic, Report } from '@nnfuse/pass-manager'
import { type FuseOptions, fuse } from 'nnfuse'
import { countsOf, hasBatchNorm } from './model-facts.js'

/** A rule with every place where it applies. */
export interface PlannedRule {
  readonly rule: string
  readonly plugin: string
  readonly places: readonly PlannedPlace[]
}

/** Layers that become one. */
export interface PlannedPlace {
  /** In the order they run. */
  readonly paths: readonly string[]
  /** Where what they become stands. */
  readonly path: string
  readonly into: string
}

/** What `fuseFile` would do to a file, as plain JSON data. */
export interface PlanFileResult {
  readonly input: string
  readonly opset: number
  readonly nodes: number
  readonly rules: readonly PlannedRule[]
  /** Layers that do nothing and go without a rule. */
  readonly dropped: readonly string[]
  /** Layers that look foldable and stay, with the reasons. */
  readonly left: readonly Leftover[]
  /** False where the exporter has folded already, or there never was one. */
  readonly hadBatchNorm: boolean
  /** What is odd about the plugins: rules that override others. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What would be used. */
export type PlanFileOptions = Pick<FuseOptions, 'plugins'>

const plannedRules = ({ rules, applied }: Report): PlannedRule[] =>
  rules
    .filter((rule) => rule.applied > 0)
    .map(({ rule, plugin }) => ({
      rule,
      plugin,
      places: applied
        .filter((entry) => entry.rule === rule)
        .map(({ paths, path, into }): PlannedPlace => ({ paths, path, into })),
    }))

/**
 * Says what fusing an ONNX file would do. Computes no weights, writes and runs nothing.
 *
 * @throws NnfuseError for a file that cannot be read.
 */
export const planFile = async (input: string, options: PlanFileOptions = {}): Promise<PlanFileResult> => {
  const model = await readOnnx(input)
  const { report } = fuse(model, options)
  return {
    input,
    opset: opsetOf(model),
    nodes: countsOf(model).nodes,
    rules: plannedRules(report),
    dropped: report.dropped,
    left: report.left,
    hadBatchNorm: hasBatchNorm(model),
    diagnostics: report.diagnostics,
  }
}
