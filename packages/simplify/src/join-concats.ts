import {
  type AnyModule,
  axisIn,
  type Call,
  Cat,
  type GraphModuleOf,
  hasHooks,
  indexGraph,
  rankOf,
  type ValueId,
  type ValueType,
  withGraph,
} from '@nnfuse/ir'
import { lazyTypes, type Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { dropUnused, usedIn } from './drop-unused.js'

/*
 * What is joined only to be joined to more along the same axis is joined once: `cat(cat(a, b), c)` is `cat(a, b, c)`.
 * Networks whose layers see all before them write the same values again for each.
 */

const name = 'join-concats'

/** So many values and layers at most are named again by each concatenation that takes up another. */
const longest = 64

/** The axis that a layer joins along, from 0 on; undefined for other layers, and where the number of axes is not known. */
const axisOf = (
  module: AnyModule,
  { outputs }: Call,
  typeOf: (value: ValueId) => ValueType,
): number | undefined => {
  if (!Cat.is(module) || hasHooks(module.hooks)) return undefined
  const { axis } = module.attrs
  const rank = rankOf(typeOf(outputs[0] as ValueId))
  return axis < 0 ? axisIn(axis, rank ?? 0) : axis
}

interface Concat {
  readonly call: Call
  readonly axis: number
}

const concatsIn = (graph: GraphModuleOf): readonly Concat[] => {
  const { calls } = graph.attrs
  const typeOf = lazyTypes(graph)
  return calls.flatMap((call) => {
    const axis = axisOf(graph.children.get(call.target) as AnyModule, call, typeOf)
    return axis === undefined ? [] : [{ call, axis }]
  })
}

/** What is joined in the end, and the layers that joined parts of it. */
interface Joined {
  readonly inputs: readonly ValueId[]
  readonly paths: readonly string[]
}

/** Concatenations that take up others, with what they join then. */
const joinsIn = (graph: GraphModuleOf): ReadonlyMap<Call, Joined> => {
  const joins = new Map<Call, Joined>()
  const concats = concatsIn(graph)
  if (concats.length < 2) return joins
  const index = indexGraph(graph.attrs)
  const axes = new Map(concats.map(({ call, axis }) => [call, axis]))
  const axisAt = (position: number) => axes.get(graph.attrs.calls[position] as Call)
  const parts = new Map<ValueId, Joined>()
  for (const { call, axis } of concats) {
    const inner = call.inputs.map((value) => parts.get(value) ?? { inputs: [value], paths: [] })
    const taken = inner.flatMap((part) => part.paths)
    const paths = [...new Set([...taken, call.target])]
    const joined = { inputs: inner.flatMap((part) => part.inputs), paths }
    if (taken.length > 0) joins.set(call, joined)
    const output = call.outputs[0] as ValueId
    const isPart =
      !index.isOutput(output) && index.usersOf(output).every((position) => axisAt(position) === axis)
    if (isPart && Math.max(joined.inputs.length, paths.length) <= longest) parts.set(output, joined)
  }
  return joins
}

const rewrite = (graph: GraphModuleOf) => {
  const joins = joinsIn(graph)
  if (joins.size === 0) return { graph, taken: [] }
  const calls = graph.attrs.calls.map((call) => ({ ...call, inputs: joins.get(call)?.inputs ?? call.inputs }))
  const joined = dropUnused(withGraph(graph, graph.children, { ...graph.attrs, calls }), usedIn(graph))
  const taken = [...joins].flatMap(([{ target }, { paths }]): Taken[] =>
    joined.children.has(target)
      ? [{ rule: name, paths, path: target, into: Cat.kind, exactness: 'bits' }]
      : [],
  )
  return { graph: joined, taken }
}

/** Joins at once what is joined part by part. */
export const joinConcats: Pass = {
  name: 'join-concats',
  description: 'What is joined only to be joined to more along the same axis is joined once',
  eachRound: true,
  rewrites: [name],
  run: (model, cx) => inRegions(model, cx.log, ({ graph }) => rewrite(graph)),
}
