import { type Call, type GraphModuleOf, rankOf, withGraph } from '@nnfuse/ir'
import { lazyTypes } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { dropUnused } from './drop-unused.js'

/** Sizes that only served to compute constants. */
const givesSizes = (graph: GraphModuleOf): ((call: Call) => boolean) => {
  const typeOf = lazyTypes(graph)
  return ({ outputs }) =>
    outputs.every((value) => {
      const type = typeOf(value)
      return type.dtype === 'int64' && (rankOf(type) ?? 2) <= 1
    })
}

/** Has constants that a file computes written as their values, where these are not much larger than what they are of. */
export const evaluateConstants: Pass = {
  name: 'evaluate-constants',
  description: 'Writes constants that nodes compute as their values, and drops what nothing uses',
  last: true,
  run: (model, cx) =>
    inRegions(model, cx.log, ({ graph }) => {
      const { children, attrs } = dropUnused(graph, givesSizes(graph))
      const isDone = attrs.evaluated === true && attrs === graph.attrs
      const result = isDone ? graph : withGraph(graph, children, { ...attrs, evaluated: true })
      return { graph: result, taken: [], declines: [], tried: new Map() }
    }),
}
