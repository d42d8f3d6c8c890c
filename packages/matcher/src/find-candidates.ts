import { type Flow, moduleAt, producerAt } from './flow.js'
import type { RankedRule, RuleIndex, RuleNode } from './rule-index.js'

/** Places where the kinds of a pattern stand: rules, and the position of the call that is the pattern's last layer. */
export interface Candidates {
  readonly rules: RankedRule[]
  readonly last: number[]
}

const walk = (flow: Flow, node: RuleNode, found: readonly number[], byRank: Candidates[]): void => {
  for (const ranked of node.rules) {
    byRank[ranked.rank] ??= { rules: [], last: [] }
    byRank[ranked.rank]?.rules.push(ranked)
    byRank[ranked.rank]?.last.push(found[0] as number)
  }
  for (const { from, input, next } of node.steps) {
    const producer = producerAt(flow, found[from] as number, input)
    const further = producer === undefined ? undefined : next.get(moduleAt(flow, producer).kind)
    if (further !== undefined) walk(flow, further, found.concat(producer as number), byRank)
  }
}

/** Everything that may match by rank, preferred rules first, and of each rank in the order of the calls. */
export const findCandidates = (flow: Flow, index: RuleIndex): readonly Candidates[] => {
  const byRank: Candidates[] = []
  for (let position = 0; position < flow.modules.length; position += 1) {
    const node = index.get(moduleAt(flow, position).kind)
    if (node !== undefined) walk(flow, node, [position], byRank)
  }
  return byRank.filter((candidates) => candidates !== undefined)
}

/** The calls of a candidate, in the order of the pattern; undefined for layers that are still to be found. */
export const callsOfCandidate = (
  flow: Flow,
  { rule, visits }: RankedRule,
  last: number,
): (number | undefined)[] => {
  const positions = new Array<number | undefined>(rule.pattern.ops.length).fill(undefined)
  for (const { op, from, input } of visits) {
    const before = visits[from]
    positions[op] = before === undefined ? last : producerAt(flow, positions[before.op] as number, input)
  }
  return positions
}
