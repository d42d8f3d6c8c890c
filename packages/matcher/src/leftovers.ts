import { type GraphModuleOf, indexGraph } from '@nnfuse/ir'
import { callAt, type Flow, moduleAt } from './legality.js'
import type { Decline } from './plan.js'
import type { Rule } from './rule.js'

/** A layer that some rule exists to remove and that is still there, with the reasons. */
export interface Leftover {
  readonly path: string
  readonly kind: string
  readonly reasons: readonly string[]
}

/** A slot that could have taken the layer, and the rule it belongs to. */
interface Opening {
  readonly rule: Rule
  readonly slot: number
}

const openingsFor = (rules: readonly Rule[], kind: string): Opening[] =>
  rules
    .filter((rule) => rule.eliminates.includes(kind))
    .flatMap((rule) => {
      const slot = rule.slots.findIndex((candidate) => candidate.kinds.includes(kind))
      return slot > 0 ? [{ rule, slot }] : []
    })

const wantedBefore = (openings: readonly Opening[]): string => {
  const labels = openings.map(({ rule, slot }) => rule.slots[slot - 1]?.label ?? '')
  return [...new Set(labels)].join(' or ')
}

/** Says what stands where a rule wants something else. */
const closestMiss = (flow: Flow, position: number, openings: readonly Opening[]): string => {
  const wanted = wantedBefore(openings)
  const { inputs } = callAt(flow, position)
  const [input] = inputs
  if (input === undefined || inputs.length > 1)
    return `it takes ${inputs.length} inputs; rules want one, from ${wanted}`
  const producer = flow.index.producer.get(input)
  if (producer === undefined)
    return `its input "${input}" is an input of the model, not the output of ${wanted}`
  const { target } = callAt(flow, producer)
  return `its input comes from ${target} (${moduleAt(flow, producer).kind}), not from ${wanted}`
}

const declinesByPath = (declines: readonly Decline[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const byPath = new Map<string, Set<string>>()
  for (const { paths, reason } of declines) {
    for (const path of paths) byPath.set(path, (byPath.get(path) ?? new Set()).add(reason))
  }
  return byPath
}

/**
 * What rules exist to remove and did not, each layer once. The reasons are those with which rules declined; where no
 * rule's pattern fitted, what stands in the way.
 *
 * @param graph the model after fusing
 * @param declines those of the last round: earlier ones may be overcome
 */
export const leftovers = (
  graph: GraphModuleOf,
  rules: readonly Rule[],
  declines: readonly Decline[],
): Leftover[] => {
  const flow: Flow = { graph, index: indexGraph(graph.attrs) }
  const eliminable = new Set(rules.flatMap((rule) => rule.eliminates))
  const reasonsAt = declinesByPath(declines)
  const found = new Map<string, Leftover>()
  for (const [position, { target }] of graph.attrs.calls.entries()) {
    const { kind } = moduleAt(flow, position)
    if (!eliminable.has(kind) || found.has(target)) continue
    const reasons = [...(reasonsAt.get(target) ?? [closestMiss(flow, position, openingsFor(rules, kind))])]
    found.set(target, { path: target, kind, reasons })
  }
  return [...found.values()]
}
