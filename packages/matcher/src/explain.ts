import { findModule, type GraphModuleOf } from '@nnfuse/ir'
import { callAt } from './flow.js'
import { type History, type Taken, takenBy } from './history.js'
import type { PartialMatch } from './near-miss.js'
import type { Decline, Plan } from './plan.js'
import type { Rule } from './rule.js'
import { partialsFor, reasonOf, type WhyNot, whyNot } from './why-not.js'

/** A rule that could have taken a layer and did not. */
export interface NearRule {
  readonly rule: string
  /** How many slots of its pattern have their layer, the one asked about included. */
  readonly matched: number
  /** How many there are. */
  readonly slots: number
  /** The slot that has none; absent where the whole pattern fitted. */
  readonly stoppedAt?: string
  /** What stands there instead; or, where the whole pattern fitted, why the rule did not apply. */
  readonly reason: string
  /** The layers that matched, in the order they run. */
  readonly paths: readonly string[]
}

/** What became of a layer, and why, as plain JSON data. */
export interface Explanation {
  readonly path: string
  /** What stands there now; '' where nothing does. */
  readonly kind: string
  /** The rules that took it, in the order they applied; the later ones took what it had become a part of. */
  readonly takenBy: readonly Taken[]
  /** The rules that came near, the nearest first. */
  readonly near: readonly NearRule[]
}

/** Explains a layer by its path. */
export type Explain = (path: string) => Explanation

const fromDecline =
  (slotCounts: ReadonlyMap<string, number>) =>
  ({ rule, paths, reason }: Decline): NearRule => {
    const slots = slotCounts.get(rule) ?? paths.length
    return { rule, matched: slots, slots, reason, paths }
  }

const fromPartial =
  (source: WhyNot) =>
  (partial: PartialMatch): NearRule => {
    const { rule, positions, miss } = partial
    return {
      rule: rule.name,
      matched: positions.length,
      slots: rule.slots.length,
      ...(miss && { stoppedAt: miss.wanted.label }),
      reason: reasonOf(source, partial),
      paths: positions.map((position) => callAt(source.flow, position).target),
    }
  }

/**
 * Explains layers one after the other, over one index: each costs what its neighbourhood and the rules for its kind
 * cost.
 *
 * @param graph the model after fusing; a layer that is in it no more is explained by what took it
 */
export const explainer = (graph: GraphModuleOf, rules: readonly Rule[], history: History): Explain => {
  const source = whyNot(graph, rules, history)
  const slotCounts = new Map(rules.map(({ name, slots }) => [name, slots.length]))
  return (path) => ({
    path,
    kind: graph.children.get(path)?.kind ?? '',
    takenBy: source.takenBy(path),
    near: [
      ...(source.declines.get(path) ?? []).map(fromDecline(slotCounts)),
      ...partialsFor(source, path).map(fromPartial(source)),
    ],
  })
}

/**
 * Says what a plan does with a layer: which rule takes it; or which rules come near, and why they stop.
 *
 * @example `explain(plan(graph, rules), rules, 'layer1.0.bn1').near[0]?.reason`
 * @throws NnfuseError `NO_SUCH_PATH`.
 */
export const explain = (
  { graph, applications, declines }: Plan,
  rules: readonly Rule[],
  path: string,
): Explanation => {
  findModule(graph, path)
  const applied = applications.map(takenBy)
  const explanation = explainer(graph, rules, { applied, rounds: [declines] })(path)
  return explanation.takenBy.length === 0 ? explanation : { ...explanation, near: [] }
}
