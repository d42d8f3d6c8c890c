import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  indexGraph,
  Reshape,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { hasOneUser } from './has-one-user.js'
import { isReshaping } from './is-reshaping.js'
import { sizesFor } from './sizes-for.js'

/** A reshape, and what it is given. */
interface OuterReshape {
  readonly reshape: AnyModule
  readonly input: ValueId
}

type ModuleOf = (call: Call) => AnyModule

const isUnwatched = (module: AnyModule): boolean => !hasHooks(module.hooks) && isReshaping(module)

/** Where the chain of reshapes starts that a value comes from, and that nothing else uses. */
const startsIn = (graph: GraphModuleOf, moduleOf: ModuleOf): ReadonlyMap<ValueId, ValueId> => {
  const index = indexGraph(graph.attrs)
  const starts = new Map<ValueId, ValueId>()
  for (const call of graph.attrs.calls) {
    const [input] = call.inputs
    const [output] = call.outputs
    if (input === undefined || output === undefined || !hasOneUser(index, output)) continue
    if (isUnwatched(moduleOf(call))) starts.set(output, starts.get(input) ?? input)
  }
  return starts
}

/** Finds what a reshape does to the value that was reshaped for it alone; undefined where its sizes are not known. */
export const outerReshape = (
  graph: GraphModuleOf,
  typeOf: (value: ValueId) => ValueType,
): ((call: Call) => OuterReshape | undefined) => {
  const moduleOf: ModuleOf = ({ target }) => graph.children.get(target) as AnyModule
  const starts = startsIn(graph, moduleOf)
  return (call) => {
    const input = starts.get(call.inputs[0] ?? '')
    const module = moduleOf(call)
    if (input === undefined || !Reshape.is(module) || !isUnwatched(module)) return undefined
    const { shape } = typeOf(call.outputs[0] as ValueId)
    const sizes = shape && sizesFor(shape, typeOf(input))
    return sizes && { reshape: Reshape({ shape: sizes }), input }
  }
}
