import { callAt, type Flow, moduleAt } from './flow.js'
import type { RankedRule, RuleIndex, RuleNode } from './rule-index.js'

/** A place where the kinds of a rule's pattern stand. */
export interface Candidate {
  readonly ranked: RankedRule
  /** Positions of the calls that have been found, in the order of `ranked.visits`. */
  readonly found: readonly number[]
}

const walk = (
  flow: Flow,
  node: RuleNode,
  found: readonly number[],
  give: (candidate: Candidate) => void,
): void => {
  for (const ranked of node.rules) give({ ranked, found })
  for (const { from, input, next } of node.steps) {
    const value = callAt(flow, found[from] as number).inputs[input]
    const producer = value === undefined ? undefined : flow.index.producer.get(value)
    const further = producer === undefined ? undefined : next.get(moduleAt(flow, producer).kind)
    if (further !== undefined) walk(flow, further, [...found, producer as number], give)
  }
}

/** Everything that may match, preferred rules first, and for each of these in the order of the calls. */
export const findCandidates = (flow: Flow, index: RuleIndex): Candidate[] => {
  const byRank: Candidate[][] = []
  const give = (candidate: Candidate): void => {
    const { rank } = candidate.ranked
    byRank[rank] ??= []
    byRank[rank].push(candidate)
  }
  for (const [position, { kind }] of flow.modules.entries()) {
    const node = index.get(kind)
    if (node !== undefined) walk(flow, node, [position], give)
  }
  return byRank.flat()
}
