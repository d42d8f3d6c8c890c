import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  hasHooks,
  type ValueId,
  withAttrs,
  withChildren,
} from '@nnfuse/ir'
import type { Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'

/** Gives the same wherever it is given the same: layers with weights are left alone, as two of them rarely are equal. */
const isPlain = ({ definition, training, hooks, children }: AnyModule): boolean =>
  definition.forward !== undefined && // else nobody knows what it computes: it may be random
  definition.parameters.size + definition.buffers.size + children.size === 0 &&
  !training &&
  !hasHooks(hooks)

/** The same for two calls that give the same; for any other call what it gives, which no second one does. */
const keyOf = (module: AnyModule, { inputs, outputs }: Call): string =>
  JSON.stringify(isPlain(module) ? [module.kind, module.attrs, inputs] : outputs)

interface Merged {
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
}

const mergeIn = (graph: GraphModuleOf): Merged => {
  const { calls, outputs } = graph.attrs
  const renames = new Map<ValueId, ValueId>()
  const firsts = new Map<string, Call>()
  const kept: Call[] = []
  const taken: Taken[] = []
  for (const { target, inputs, outputs: given } of calls) {
    const call = { target, inputs: inputs.map((value) => renames.get(value) ?? value), outputs: given }
    const module = graph.children.get(target) as AnyModule
    const key = keyOf(module, call)
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, call)
    if (first === undefined || given.some((value) => outputs.includes(value))) {
      kept.push(call)
      continue
    }
    for (const [i, value] of given.entries()) renames.set(value, first.outputs[i] as ValueId)
    const path = first.target
    taken.push({ rule: 'merged-calls', paths: [path, target], path, into: module.kind, exactness: 'bits' })
  }
  if (taken.length === 0) return { graph, taken }
  const called = new Set(kept.map(({ target }) => target))
  const children = new Map([...graph.children].filter(([path]) => called.has(path)))
  return { graph: withChildren(withAttrs(graph, { calls: kept }), children), taken }
}

/** Computes once what several layers without weights compute of the same values. */
export const mergeCalls: Pass = {
  name: 'merge-calls',
  description: 'Computes once what several layers without weights compute of the same values',
  eachRound: true,
  rewrites: ['merged-calls'],
  before: ['fuse'],
  run: (model, { log }) => inRegions(model, log, ({ graph }) => mergeIn(graph)),
}
