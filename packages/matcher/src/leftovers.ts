import { type AnyModule, GraphModule, type GraphModuleOf, indexGraph, Sequential } from '@nnfuse/ir'
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

/** Why rules declined a layer, as of the last round in which one did. */
const reasonsByPath = (rounds: readonly (readonly Decline[])[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const byPath = new Map<string, Set<string>>()
  for (const declines of rounds) {
    const mentioned = new Set(declines.flatMap(({ paths }) => paths))
    for (const path of mentioned) byPath.set(path, new Set())
    for (const { paths, reason } of declines) for (const path of paths) byPath.get(path)?.add(reason)
  }
  return byPath
}

/** The eliminable kind that a module is, or that stands first in a fused one. */
const eliminableKind = (module: AnyModule, eliminable: ReadonlySet<string>): string | undefined => {
  if (eliminable.has(module.kind)) return module.kind
  const [first] = GraphModule.is(module) || Sequential.is(module) ? [] : module.children.values()
  return first !== undefined && eliminable.has(first.kind) ? first.kind : undefined
}

/**
 * What rules exist to remove and did not, each layer once. The reasons are those with which rules declined; where no
 * rule's pattern fitted, what stands in the way.
 *
 * @param graph the model after fusing
 * @param rounds the declines of each round of fusing: of each layer the last ones hold
 */
export const leftovers = (
  graph: GraphModuleOf,
  rules: readonly Rule[],
  rounds: readonly (readonly Decline[])[],
): Leftover[] => {
  const flow: Flow = { graph, index: indexGraph(graph.attrs) }
  const eliminable = new Set(rules.flatMap((rule) => rule.eliminates))
  const reasonsAt = reasonsByPath(rounds)
  const found = new Map<string, Leftover>()
  for (const [position, { target }] of graph.attrs.calls.entries()) {
    const kind = eliminableKind(moduleAt(flow, position), eliminable)
    if (kind === undefined || found.has(target)) continue
    const reasons = [...(reasonsAt.get(target) ?? [closestMiss(flow, position, openingsFor(rules, kind))])]
    found.set(target, { path: target, kind, reasons })
  }
  return [...found.values()]
}
