import { type Dim, flatten, type ValueType, withGraph } from '@nnfuse/ir'
import type { Pass } from '@nnfuse/pass-manager'

/**
 * Puts numbers in the place of the sizes that a model leaves open, as shaders are made for certain sizes.
 *
 * @param sizes by the model's names: `{ batch: 1 }`
 */
export const bindSizes = (sizes: Readonly<Record<string, number>>): Pass => {
  const bound = (dim: Dim): Dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim)
  const boundType = (type: ValueType): ValueType => ({
    ...type,
    shape: type.shape?.map(bound),
  })
  return {
    name: 'bind-sizes',
    description: 'Puts numbers in the place of sizes that the model leaves open',
    run: (model) => {
      const graph = flatten(model)
      const types = [...graph.attrs.types].map(([value, type]) => [value, boundType(type)] as const)
      return withGraph(graph, graph.children, { ...graph.attrs, types: new Map(types) })
    },
  }
}
