import { noSwaps, operandsOf, type Swaps } from './bind.js'
import type { PatternGraph } from './pattern-graph.js'
import type { Rule } from './rule.js'

/*
 * Rules by the kinds in their patterns: a trie that is walked from a pattern's last layer backwards, so that matching
 * costs what the model asks and not what is registered. A pattern with operands that may change places stands in it
 * once for each order, so nothing is tried and taken back.
 */

/** A rule with one order of its operands, and where it stands in the order of preference. */
export interface RankedRule {
  readonly rule: Rule
  readonly rank: number
  readonly swaps: Swaps
  readonly visits: readonly Visit[]
}

/** A layer of a pattern in the order in which the trie finds them. */
export interface Visit {
  readonly op: number
  /** Of which layer found before it makes an input, counting visits; -1 for the first. */
  readonly from: number
  readonly input: number
}

/** A step of the walk: what makes an input of a layer that has been found. */
export interface RuleStep {
  /** Which of the layers found so far, from 0. */
  readonly from: number
  readonly input: number
  readonly next: ReadonlyMap<string, RuleNode>
}

export interface RuleNode {
  /** The rules of which all layers before the last have been found. */
  readonly rules: readonly RankedRule[]
  readonly steps: readonly RuleStep[]
}

/** By the kind of the last layer. */
export type RuleIndex = ReadonlyMap<string, RuleNode>

interface GrowingStep extends RuleStep {
  readonly next: Map<string, GrowingNode>
}

interface GrowingNode {
  readonly rules: RankedRule[]
  readonly steps: GrowingStep[]
}

const nodeFor = (nodes: Map<string, GrowingNode>, kind: string): GrowingNode => {
  const node = nodes.get(kind) ?? { rules: [], steps: [] }
  nodes.set(kind, node)
  return node
}

const stepFor = ({ steps }: GrowingNode, from: number, input: number): GrowingStep => {
  const known = steps.find((step) => step.from === from && step.input === input)
  if (known !== undefined) return known
  const step: GrowingStep = { from, input, next: new Map() }
  steps.push(step)
  return step
}

/** The layers from the last output backwards, inputs in order. */
const visitsOf = ({ ops, outputs }: PatternGraph, swaps: Swaps): Visit[] => {
  const visits: Visit[] = []
  const found = new Set<number>()
  const waiting: Visit[] = [{ op: outputs.at(-1) as number, from: -1, input: 0 }]
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    if (found.has(visit.op)) continue
    found.add(visit.op)
    const from = visits.push(visit) - 1
    const sources = operandsOf(ops[visit.op] as (typeof ops)[number], swaps.has(visit.op))
    for (const [input, source] of [...sources.entries()].reverse()) {
      if ('op' in source) waiting.push({ op: source.op, from, input })
    }
  }
  return visits
}

/** Every choice of operands to change places, the order as written first. */
const swapsOf = ({ ops }: PatternGraph): Swaps[] => {
  let choices: Swaps[] = [noSwaps]
  for (const [i, { commutative }] of ops.entries()) {
    if (commutative) choices = [...choices, ...choices.map((swaps) => new Set([...swaps, i]))]
  }
  return choices
}

const insert = (root: Map<string, GrowingNode>, rule: Rule, rank: number, swaps: Swaps): void => {
  const { ops } = rule.pattern
  const visits = visitsOf(rule.pattern, swaps)
  let nodes: GrowingNode[] = []
  for (const { op, from, input } of visits) {
    const { kinds } = (ops[op] as (typeof ops)[number]).slot
    const maps = from < 0 ? [root] : nodes.map((node) => stepFor(node, from, input).next)
    nodes = maps.flatMap((map) => kinds.map((kind) => nodeFor(map, kind)))
  }
  const ranked: RankedRule = { rule, rank, swaps, visits }
  for (const node of nodes) node.rules.push(ranked)
}

const kindCount = ({ slots }: Rule): number => slots.reduce((count, { kinds }) => count + kinds.length, 0)

/** More layers first, then more benefit, then fewer kinds, then earlier. */
const byPreference = (a: Rule, b: Rule): number =>
  b.slots.length - a.slots.length || b.benefit - a.benefit || kindCount(a) - kindCount(b)

export const indexRules = (rules: readonly Rule[]): RuleIndex => {
  const root = new Map<string, GrowingNode>()
  for (const [rank, rule] of [...rules].sort(byPreference).entries()) {
    for (const swaps of swapsOf(rule.pattern)) insert(root, rule, rank, swaps)
  }
  return root
}
