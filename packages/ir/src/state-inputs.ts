import { flatten } from './flatten.js'
import { type GraphModuleOf, withGraph } from './kinds/containers.js'
import type { AnyModule } from './module.js'
import type { ValueType } from './value-type.js'

/**
 * The model as one flat graph that states the types of its inputs, so that shapes can be inferred from them.
 *
 * @param types in the order of the inputs; what the model itself states is kept
 */
export const stateInputs = (model: AnyModule, types: readonly ValueType[]): GraphModuleOf => {
  const graph = flatten(model)
  const given = graph.attrs.inputs.flatMap((input, i): [string, ValueType][] => {
    const type = types[i]
    return type === undefined ? [] : [[input, type]]
  })
  const attrs = { ...graph.attrs, types: new Map([...given, ...graph.attrs.types]) }
  return withGraph(graph, graph.children, attrs)
}
