import { type Call, type GraphModuleOf, indexGraph, type ValueId, withGraph } from '@nnfuse/ir'

/**
 * The graph without some calls of one input and one output, which give back what they get. The outputs of the graph keep
 * their names.
 *
 * @param drops whether the module at a path is to go
 */
export const withoutCalls = (graph: GraphModuleOf, drops: (target: string) => boolean): GraphModuleOf => {
  const { inputs, calls, outputs, types } = graph.attrs
  const index = indexGraph(graph.attrs)
  const isInput = new Set(inputs)
  // What feeds a call that goes takes over its output's name, unless it has one that must stay.
  const names = new Map<ValueId, ValueId>()
  const nameOf = (value: ValueId): ValueId => names.get(value) ?? value
  for (const {
    target,
    inputs: [from],
    outputs: [to],
  } of [...calls].reverse()) {
    if (!drops(target) || from === undefined || to === undefined) continue
    if (isInput.has(from) || index.isOutput(from) || names.has(from)) names.set(to, from)
    else names.set(from, nameOf(to))
  }
  const resolved = (value: ValueId): ValueId => {
    let at = value
    for (let next = names.get(at); next !== undefined; next = names.get(at)) at = next
    return at
  }
  const kept = calls
    .filter(({ target }) => !drops(target))
    .map(
      ({ target, inputs: given, outputs: made }): Call => ({
        target,
        inputs: given.map(resolved),
        outputs: made.map(resolved),
      }),
    )
  const children = new Map([...graph.children].filter(([target]) => !drops(target)))
  return withGraph(graph, children, { inputs, calls: kept, outputs: outputs.map(resolved), types })
}
