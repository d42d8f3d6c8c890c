import { type AnyModule, type GraphModuleOf, holdsApproximate, withGraph } from '@nnfuse/ir'
import { isExactEnough, type Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'

/** What the report calls it where it may change a last digit. */
const name = 'evaluate-constants'

/** Layers with weights that the file computes in a way in which runtimes round differently. */
const approximated = ({ attrs, children }: GraphModuleOf): Taken[] =>
  attrs.calls.flatMap(({ target }) => {
    const module = children.get(target) as AnyModule
    if (!holdsApproximate(module)) return []
    return [{ rule: name, paths: [target], path: target, into: module.kind, exactness: 'real' as const }]
  })

/** Has constants that a file computes written as their values, where these are not much larger than what they are of. */
export const evaluateConstants: Pass = {
  name: 'evaluate-constants',
  description: 'Writes constants that nodes compute as their values',
  last: true,
  rewrites: [name],
  run: (model, cx) => {
    const evaluated = isExactEnough('real', cx.exact) ? 'real' : 'bits'
    return inRegions(model, cx.log, ({ graph }) => {
      const isDone = graph.attrs.evaluated === evaluated
      const result = isDone ? graph : withGraph(graph, graph.children, { ...graph.attrs, evaluated })
      const taken = isDone || evaluated === 'bits' ? [] : approximated(result)
      return { graph: result, taken }
    })
  },
}
