import type { Rule } from './rule.js'

/** Rules by their kinds, last slot first: a trie, so that matching costs what the model asks, not what is registered. */
export interface RuleNode {
  readonly rules: readonly RankedRule[]
  readonly next: ReadonlyMap<string, RuleNode>
}

/** A rule with its place in the order of preference: longer, then of more benefit, then of fewer kinds, then earlier. */
export interface RankedRule {
  readonly rule: Rule
  readonly rank: number
}

interface GrowingNode {
  readonly rules: RankedRule[]
  readonly next: Map<string, GrowingNode>
}

const emptyNode = (): GrowingNode => ({ rules: [], next: new Map() })

const childOf = (node: GrowingNode, kind: string): GrowingNode => {
  const child = node.next.get(kind) ?? emptyNode()
  node.next.set(kind, child)
  return child
}

const insert = (root: GrowingNode, ranked: RankedRule): void => {
  let nodes = [root]
  for (const slot of [...ranked.rule.slots].reverse()) {
    nodes = nodes.flatMap((node) => slot.kinds.map((kind) => childOf(node, kind)))
  }
  for (const node of nodes) node.rules.push(ranked)
}

const kindCount = ({ slots }: Rule): number => slots.reduce((count, { kinds }) => count + kinds.length, 0)

const byPreference = (a: Rule, b: Rule): number =>
  b.slots.length - a.slots.length || b.benefit - a.benefit || kindCount(a) - kindCount(b)

export const indexRules = (rules: readonly Rule[]): RuleNode => {
  const root = emptyNode()
  for (const [rank, rule] of [...rules].sort(byPreference).entries()) insert(root, { rule, rank })
  return root
}
