import { type Call, GraphModule, type GraphModuleOf, hasHooks, Identity, type ValueId } from '@nnfuse/ir'

/**
 * The graph as if what passes an Identity went straight on: earlier groups leave one in each vacated place, and a
 * later group may go on across it. An Identity with hooks stays, and so do those that are asked for by path.
 */
export const acrossPlaceholders = (graph: GraphModuleOf, named: readonly string[]): GraphModuleOf => {
  const origins = new Map<ValueId, ValueId>()
  const origin = (value: ValueId): ValueId => origins.get(value) ?? value
  const isPlaceholder = ({ target }: Call): boolean => {
    const module = graph.children.get(target)
    return module !== undefined && Identity.is(module) && !hasHooks(module.hooks) && !named.includes(target)
  }
  const calls = graph.attrs.calls.flatMap((call) => {
    const inputs = call.inputs.map(origin)
    if (!isPlaceholder(call)) return [{ ...call, inputs }]
    origins.set(call.outputs[0] as ValueId, inputs[0] as ValueId)
    return []
  })
  return GraphModule(graph.children, { ...graph.attrs, calls, outputs: graph.attrs.outputs.map(origin) })
}
