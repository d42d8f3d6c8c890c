import { type Call, GraphModule, type GraphModuleOf, type ValueId, withGraph } from '@nnfuse/ir'
import { apply, type Plan, plan, type Rule } from '@nnfuse/matcher'

/**
 * Each layer of a graph by itself, called once: what one layer becomes does not depend on what stands around it, so a
 * layer that is called from several places is replaced once, also while it trains.
 */
const apart = ({ attrs, children }: GraphModuleOf): GraphModuleOf => {
  const firstCalls = new Map([...attrs.calls].reverse().map((call) => [call.target, call]))
  const given: ValueId[] = []
  const calls = [...firstCalls.values()].map(({ target, inputs, outputs }): Call => {
    const own = inputs.map((_, i) => `${target} input ${i}`)
    given.push(...own)
    return { target, inputs: own, outputs: outputs.map((_, i) => `${target} output ${i}`) }
  })
  const outputs = calls.flatMap((call) => call.outputs)
  return GraphModule(children, { inputs: given, calls, outputs, types: new Map() })
}

/** A graph whose layers have been replaced by rules for one layer each, and what the rules made of which. */
export interface Replaced {
  readonly graph: GraphModuleOf
  readonly plan: Plan
}

/** Replaces layers by what rules for one layer each make of them; paths, dataflow and hooks stay. */
export const replaceLayers = (graph: GraphModuleOf, rules: readonly Rule[]): Replaced => {
  const planned = plan(apart(graph), rules)
  const { children } = apply(planned)
  const kept = [...graph.children].map(([path, module]) => [path, children.get(path) ?? module] as const)
  return { graph: withGraph(graph, new Map(kept), graph.attrs), plan: planned }
}
