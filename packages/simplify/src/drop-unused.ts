import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  rankOf,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'

/** Says of calls whose results were used in a graph that they may go: what nobody ever used is none of our business. */
export const usedIn = (graph: GraphModuleOf): ((call: Call) => boolean) => {
  const used = new Set([...graph.attrs.outputs, ...graph.attrs.calls.flatMap(({ inputs }) => inputs)])
  return ({ outputs }) => outputs.some((value) => used.has(value))
}

/** Says of calls that they only give sizes: what computes constants needs them no more once these are known. */
export const givesSizes =
  (typeOf: (value: ValueId) => ValueType): ((call: Call) => boolean) =>
  ({ outputs }) =>
    outputs.every((value) => {
      const type = typeOf(value)
      return type.dtype === 'int64' && (rankOf(type) ?? 2) <= 1
    })

/**
 * The graph without layers whose results nobody uses. Hooks are users.
 *
 * @param mayGo which of these go
 */
export const dropUnused = (graph: GraphModuleOf, mayGo: (call: Call) => boolean): GraphModuleOf => {
  const { calls: all, outputs } = graph.attrs
  const used = new Set(outputs)
  const calls: Call[] = []
  for (const call of [...all].reverse()) {
    const isUsed =
      call.outputs.some((value) => used.has(value)) ||
      !mayGo(call) ||
      hasHooks((graph.children.get(call.target) as AnyModule).hooks)
    if (!isUsed) continue
    for (const value of call.inputs) used.add(value)
    calls.push(call)
  }
  if (calls.length === all.length) return graph
  calls.reverse()
  const called = new Set(calls.map(({ target }) => target))
  const children = new Map([...graph.children].filter(([path]) => called.has(path)))
  return withGraph(graph, children, { ...graph.attrs, calls })
}
