import {
  type AnyModule,
  type Call,
  type Dim,
  type GraphModuleOf,
  hasHooks,
  Reshape,
  type ReshapeSize,
  sizesIn,
  unknownType,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { lazyTypes, type Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { dropUnused, usedIn } from './drop-unused.js'

/*
 * Exporters compute the sizes of a reshape from those of values: `[N, 3, 64]` with N taken from a shape. What is known
 * of such a list is known without running it, and one size that is not can be left to the reshape:
 *
 *   [N, 3, 64]    of [N, 192]       -1, 3, 64
 *   [N, h, 64]    of [N, h, 8, 8]   copy, -1, 64
 */

const name = 'static-reshape'

/** An operator of ONNX that stays what it is since its sizes are computed while the model runs. */
const isComputedReshape = ({ kind, definition, attrs, hooks }: AnyModule): boolean =>
  kind === 'onnx.Op' && definition.describe?.(attrs) === 'Reshape' && !hasHooks(hooks)

/** The size of the input at the same place, which has the same symbol. */
const isCopied = (size: Dim, given: Dim | undefined): boolean => typeof size === 'string' && size === given

/** What is left to the reshape: at most one size that is not known and not copied. A 0 or -1 of the list may be either. */
const sizesFor = (sizes: readonly Dim[], { shape }: ValueType): readonly ReshapeSize[] | undefined => {
  if (sizes.some((size) => typeof size === 'number' && size <= 0)) return undefined
  const open = sizes.flatMap((size, axis) => (typeof size === 'number' ? [] : [axis]))
  const notCopied = open.filter((axis) => !isCopied(sizes[axis] as Dim, shape?.[axis]))
  const [left] = notCopied.length === 0 ? open.slice(-1) : notCopied
  if (notCopied.length > 1) return undefined
  return sizes.map((size, axis) => {
    if (typeof size === 'number') return size
    return axis === left ? -1 : 'copy'
  })
}

interface Outcome {
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
}

const reshapeFor = (
  module: AnyModule,
  { inputs: [x = '', list = '', other] }: Call,
  typeOf: (value: ValueId) => ValueType,
): AnyModule | undefined => {
  if (!isComputedReshape(module) || other !== undefined) return undefined
  const sizes = sizesIn(typeOf(list) ?? unknownType)
  const shape = sizes && sizesFor(sizes, typeOf(x))
  return shape && Reshape({ shape })
}

const rewrite = (graph: GraphModuleOf): Outcome => {
  const typeOf = lazyTypes(graph)
  const children = new Map(graph.children)
  const taken: Taken[] = []
  const callsOf = new Map<string, number>()
  for (const { target } of graph.attrs.calls) callsOf.set(target, (callsOf.get(target) ?? 0) + 1)
  const calls = graph.attrs.calls.map((call): Call => {
    const module = graph.children.get(call.target) as AnyModule
    const reshape = reshapeFor(module, call, typeOf)
    if (reshape === undefined || callsOf.get(call.target) !== 1) return call
    children.set(call.target, reshape)
    taken.push({ rule: name, paths: [call.target], path: call.target, into: reshape.kind, exactness: 'bits' })
    return { ...call, inputs: call.inputs.slice(0, 1) }
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
  run: (model, cx) =>
    inRegions(model, cx.log, ({ graph }) => ({ ...rewrite(graph), declines: [], tried: new Map() })),
}
