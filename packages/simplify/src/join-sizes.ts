import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  sizesIn,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { lazyTypes, type Taken } from '@nnfuse/matcher'
import { dropUnused, usedIn } from './drop-unused.js'
import { type Joined, takenFor } from './joined.js'

/*
 * Exporters take the same sizes out of shapes again and again, by other nodes each time:
 *
 *   Shape(x)                            the list [N]
 *   Reshape(Squeeze(Shape(x)), [-1])    the same
 *
 * What is known to hold the same sizes is computed once. A symbol is one size wherever it stands.
 */

/** What is the same for lists that hold the same; undefined for what is no such list, or not known. */
const describeSizes = (type: ValueType): string | undefined => {
  const sizes = sizesIn(type)
  const { dtype, shape } = type
  if (sizes === undefined || sizes.includes(null) || type.value !== undefined) return undefined
  if (dtype === undefined || shape === undefined || shape.includes(null)) return undefined
  return JSON.stringify([dtype, shape, sizes])
}

/** Calls whose only result holds the same sizes as that of one before. */
export const joinSizes = (graph: GraphModuleOf): Joined => {
  const typeOf = lazyTypes(graph)
  const outputs = new Set(graph.attrs.outputs)
  const firsts = new Map<string, Call>()
  const renames = new Map<ValueId, ValueId>()
  const taken: Taken[] = []
  const calls = graph.attrs.calls.map((given): Call => {
    const call = { ...given, inputs: given.inputs.map((value) => renames.get(value) ?? value) }
    const module = graph.children.get(call.target) as AnyModule
    const [output, second] = call.outputs
    if (output === undefined || second !== undefined || hasHooks(module.hooks)) return call
    const key = describeSizes(typeOf(output))
    const first = key === undefined ? undefined : firsts.get(key)
    if (key !== undefined && first === undefined) firsts.set(key, call)
    if (first === undefined || outputs.has(output)) return call
    renames.set(output, first.outputs[0] as ValueId)
    taken.push(takenFor(module, first, call))
    return call
  })
  if (taken.length === 0) return { graph, taken }
  const joined = withGraph(graph, graph.children, { ...graph.attrs, calls })
  return { graph: dropUnused(joined, usedIn(graph)), taken }
}
