import { type Exactness, type Leftover, lessExact } from '@nnfuse/matcher'
import type { Report } from '@nnfuse/pass-manager'
import type { Evaluation } from './evaluate-models.js'

/** What a file holds. */
export interface FileCounts {
  readonly nodes: number
  readonly initializers: number
  /** Elements of all initializers. */
  readonly parameters: number
  readonly bytes: number
}

/** How often a rule applied. */
export interface AppliedRule {
  readonly rule: string
  readonly plugin: string
  readonly times: number
  /** Of the least exact time. */
  readonly exactness: Exactness
  /**
   * How many of these made a layer that ONNX does not have, a convolution with its ReLU: it is written as several
   * nodes.
   */
  readonly severalNodes: number
}

/** What `fuseFile` did, as plain JSON data. */
export interface FuseFileResult extends Partial<Evaluation> {
  readonly input: string
  /** Where the fused model is; null where the check failed and it was not kept. */
  readonly output: string | null
  readonly opset: number
  readonly before: FileCounts
  readonly after: FileCounts
  readonly rules: readonly AppliedRule[]
  /** Layers that look foldable and are still there, with the reasons. */
  readonly left: readonly Leftover[]
  /** False where the exporter has folded already, or there never was one. */
  readonly hadBatchNorm: boolean
  readonly report: Report
}

/** Layers that exist in the model only; the file has a node for each of their parts. */
const isFusedKind = (kind: string): boolean => kind.startsWith('nni.')

const leastExact = (entries: readonly { readonly exactness: Exactness }[]): Exactness =>
  entries.reduce<Exactness>((least, { exactness }) => lessExact(least, exactness), 'bits')

/** How often each rule applied, those that never did left out. */
export const appliedRules = ({ rules, applied }: Report): AppliedRule[] =>
  rules
    .filter((rule) => rule.applied > 0)
    .map(({ rule, plugin, applied: times }) => {
      const entries = applied.filter((entry) => entry.rule === rule)
      const severalNodes = entries.filter(({ into }) => isFusedKind(into)).length
      return { rule, plugin, times, exactness: leastExact(entries), severalNodes }
    })
