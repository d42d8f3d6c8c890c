import {
  type AnyModule,
  type Call,
  flatten,
  type Graph,
  type GraphModuleOf,
  hasHooks,
  isNoOp,
  type ValueId,
  withGraph,
} from '@nnfuse/ir'
import type { Pass } from '../pass.js'

/** Gives back its input, and nothing watches it. */
const doesNothing = (module: AnyModule): boolean => isNoOp(module) && !hasHooks(module.hooks)

/** What each value that goes away is called from now on. */
type Renames = ReadonlyMap<ValueId, ValueId>

/**
 * The output of the model keeps its name, so where a no-op makes one, its input takes that name instead; not possible
 * where the input is an input or another output of the model.
 */
const renamesOf = (graph: GraphModuleOf): { renames: Renames; gone: ReadonlySet<Call> } => {
  const renames = new Map<ValueId, ValueId>()
  const gone = new Set<Call>()
  const fixed = new Set([...graph.attrs.inputs, ...graph.attrs.outputs])
  const current = (value: ValueId): ValueId => renames.get(value) ?? value
  for (const call of graph.attrs.calls) {
    if (!doesNothing(graph.children.get(call.target) as AnyModule)) continue
    const [input, output] = [current(call.inputs[0] as ValueId), call.outputs[0] as ValueId]
    if (fixed.has(output) && fixed.has(input)) continue
    if (fixed.has(output)) rename(renames, input, output)
    else renames.set(output, input)
    gone.add(call)
  }
  return { renames, gone }
}

/** Everything that is called `from` so far is called `to`. */
const rename = (renames: Map<ValueId, ValueId>, from: ValueId, to: ValueId): void => {
  for (const [value, name] of renames) if (name === from) renames.set(value, to)
  renames.set(from, to)
}

const renamed = (graph: Graph, renames: Renames, gone: ReadonlySet<Call>): Call[] => {
  const current = (value: ValueId): ValueId => renames.get(value) ?? value
  return graph.calls
    .filter((call) => !gone.has(call))
    .map((call) => ({ ...call, inputs: call.inputs.map(current), outputs: call.outputs.map(current) }))
}

/** The graph without its no-ops, and without the layers that only they called. */
export const dropNoOps = (graph: GraphModuleOf): GraphModuleOf => drop(graph).graph

const drop = (graph: GraphModuleOf): { graph: GraphModuleOf; dropped: readonly string[] } => {
  const { renames, gone } = renamesOf(graph)
  if (gone.size === 0) return { graph, dropped: [] }
  const calls = renamed(graph.attrs, renames, gone)
  const called = new Set(calls.map((call) => call.target))
  const children = new Map([...graph.children].filter(([path]) => called.has(path)))
  const dropped = [...new Set([...gone].map((call) => call.target))]
  return { graph: withGraph(graph, children, { ...graph.attrs, calls }), dropped }
}

/** Removes what does nothing at inference: identities and dropout. */
export const dropIdentity: Pass = {
  name: 'drop-identity',
  description: 'Removes identities and inference-mode dropout',
  run: (model, cx) => {
    const { graph, dropped } = drop(flatten(model))
    for (const path of dropped) cx.log.dropped.push(path)
    return graph
  },
}
