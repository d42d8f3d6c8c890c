import type { GraphModuleOf } from '@nnfuse/ir'
import { moduleAt } from './flow.js'
import type { Decline } from './plan.js'
import type { Rule } from './rule.js'
import { closestReasons, eliminableModule, whyNot } from './why-not.js'

/** A layer that some rule exists to remove and that is still there, with the reasons. */
export interface Leftover {
  readonly path: string
  readonly kind: string
  readonly reasons: readonly string[]
}

/**
 * What rules exist to remove and did not, each layer once. The reasons are the closest ones of its explanation: those
 * with which rules declined; where no rule's pattern fitted, what stands in the way of those that came nearest.
 *
 * @param graph the model after fusing
 * @param rounds the declines of each round of fusing: of each layer the last ones hold
 */
export const leftovers = (
  graph: GraphModuleOf,
  rules: readonly Rule[],
  rounds: readonly (readonly Decline[])[],
): Leftover[] => {
  const source = whyNot(graph, rules, { applied: [], rounds })
  const found = new Map<string, Leftover>()
  for (const [position, { target }] of graph.attrs.calls.entries()) {
    const kind = eliminableModule(source, moduleAt(source.flow, position))?.kind
    if (kind === undefined || found.has(target)) continue
    found.set(target, { path: target, kind, reasons: closestReasons(source, target, kind) })
  }
  return [...found.values()]
}
