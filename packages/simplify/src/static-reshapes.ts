import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  indexGraph,
  operatorOf,
  Reshape,
  sizesIn,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { lazyTypes, type Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { dropUnused, usedIn } from './drop-unused.js'
import { outerReshape } from './outer-reshape.js'
import { sizesFor } from './sizes-for.js'

/*
 * Exporters compute the sizes of a reshape from those of values: `[N, 3, 64]` with N taken from a shape. What is known
 * of such a list is known without running it, and one size that is not can be left to the reshape:
 *
 *   [N, 3, 64]    of [N, 192]       -1, 3, 64
 *   [N, h, 64]    of [N, h, 8, 8]   copy, -1, 64
 *
 * A reshape of what was only reshaped for it is one of what that was given.
 */

const name = 'static-reshape'

/** An operator of ONNX that stays what it is since its sizes are computed while the model runs. */
const isComputedReshape = (module: AnyModule): boolean =>
  operatorOf(module) === 'Reshape' && !hasHooks(module.hooks)

interface Outcome {
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
}

const reshapeFor = (
  module: AnyModule,
  { inputs, outputs }: Call,
  typeOf: (value: ValueId) => ValueType,
): AnyModule | undefined => {
  if (!isComputedReshape(module) || inputs.length !== 2 || outputs.length !== 1) return undefined
  const [x, list] = inputs as readonly [ValueId, ValueId]
  const sizes = sizesIn(typeOf(list))
  const shape = sizes && sizesFor(sizes, typeOf(x))
  return shape && Reshape({ shape })
}

const rewrite = (graph: GraphModuleOf): Outcome => {
  const typeOf = lazyTypes(graph)
  const outerOf = outerReshape(graph, typeOf)
  const children = new Map(graph.children)
  const taken: Taken[] = []
  const index = indexGraph(graph.attrs)
  const calls = graph.attrs.calls.map((call): Call => {
    const module = graph.children.get(call.target) as AnyModule
    const reshape = reshapeFor(module, call, typeOf)
    const outer = reshape === undefined ? outerOf(call) : { reshape, input: call.inputs[0] as ValueId }
    if (outer === undefined || index.callsOf(call.target).length > 1) return call
    const { target } = call
    children.set(target, outer.reshape)
    taken.push({ rule: name, paths: [target], path: target, into: outer.reshape.kind, exactness: 'bits' })
    return { ...call, inputs: [outer.input] }
  })
  if (taken.length === 0) return { graph, taken }
  return { graph: dropUnused(withGraph(graph, children, { ...graph.attrs, calls }), usedIn(graph)), taken }
}

/** Tells reshapes their sizes where these are computed, but known. */
export const staticReshapes: Pass = {
  name: 'static-reshapes',
  description: 'Tells reshapes the sizes that are computed for them, where these are known',
  eachRound: true,
  rewrites: [name],
  run: (model, cx) => inRegions(model, cx.log, ({ graph }) => rewrite(graph)),
}
