import { type AnyModule, type Call, Constant, type GraphModuleOf, type ValueId, withGraph } from '@nnfuse/ir'
import type { Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { describer } from './describe-module.js'
import { dropUnused, usedIn } from './drop-unused.js'
import { joinSizes } from './join-sizes.js'
import { type Joined, joinEqualRule, takenFor } from './joined.js'

/*
 * Two calls of equal layers with the same inputs give the same values: the users of the second take those of the first.
 * A value that is an output of the model keeps its call, and its name.
 */

/** Which values are the same, and which of these others take the place of. */
interface Values {
  /** The first that is the same. */
  readonly same: Map<ValueId, ValueId>
  readonly renames: Map<ValueId, ValueId>
}

/** Equal constants are told apart by nobody, but their users may go on using them: that saves no layer. */
const note = (module: AnyModule, first: Call, second: Call, { same, renames }: Values): void => {
  for (const [i, value] of second.outputs.entries()) {
    same.set(value, first.outputs[i] as ValueId)
    if (!Constant.is(module)) renames.set(value, first.outputs[i] as ValueId)
  }
}

const join = (graph: GraphModuleOf): Joined => {
  const describe = describer()
  const outputs = new Set(graph.attrs.outputs)
  const values: Values = { same: new Map(), renames: new Map() }
  const firsts = new Map<string, Call>()
  const taken: Taken[] = []
  const calls = graph.attrs.calls.map((given): Call => {
    const call = { ...given, inputs: given.inputs.map((value) => values.renames.get(value) ?? value) }
    const module = graph.children.get(call.target) as AnyModule
    const described = describe(module)
    if (described === undefined) return call
    const key = JSON.stringify([described, call.inputs.map((value) => values.same.get(value) ?? value)])
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, call)
    else if (!call.outputs.some((value) => outputs.has(value))) {
      note(module, first, call, values)
      if (!Constant.is(module)) taken.push(takenFor(module, first, call))
    }
    return call
  })
  if (taken.length === 0) return { graph, taken }
  const joined = withGraph(graph, graph.children, { ...graph.attrs, calls })
  return { graph: dropUnused(joined, usedIn(graph)), taken }
}

/** Calls equal layers once where they are given the same. */
export const joinEqual: Pass = {
  name: 'join-equal-layers',
  description: 'Computes once what equal layers compute of the same values',
  afterRounds: true,
  rewrites: [joinEqualRule],
  run: (model, cx) =>
    inRegions(model, cx.log, ({ graph }) => {
      const sized = joinSizes(graph)
      const { graph: joined, taken } = join(sized.graph)
      return { graph: joined, taken: [...sized.taken, ...taken] }
    }),
}
