import { type AnyModule, type Call, type GraphIndex, type GraphModuleOf, indexGraph } from '@nnfuse/ir'

/** A graph with its index, as matching needs it. Positions count the graph's calls. */
export interface Flow {
  readonly graph: GraphModuleOf
  readonly index: GraphIndex
  /** The module of each call. */
  readonly modules: readonly AnyModule[]
}

/** Children mostly stand in the order of their calls, and walking along is much faster than looking each up. */
const modulesOf = ({ attrs, children }: GraphModuleOf): AnyModule[] => {
  const walk = children.entries()
  let [path, module] = walk.next().value ?? []
  return attrs.calls.map(({ target }) => {
    if (target !== path) return children.get(target) as AnyModule
    const found = module as AnyModule
    ;[path, module] = walk.next().value ?? []
    return found
  })
}

export const flowOf = (graph: GraphModuleOf): Flow => ({
  graph,
  index: indexGraph(graph.attrs),
  modules: modulesOf(graph),
})

export const callAt = ({ graph }: Flow, position: number): Call => graph.attrs.calls[position] as Call

export const moduleAt = ({ modules }: Flow, position: number): AnyModule => modules[position] as AnyModule

/** The call that makes an input of a call; undefined where the graph is given it, or there is no such input. */
export const producerAt = (flow: Flow, position: number, input: number): number | undefined =>
  input < callAt(flow, position).inputs.length ? flow.index.producerAt(position, input) : undefined

export const pathsAt = (flow: Flow, positions: readonly number[]): string[] =>
  positions.map((position) => callAt(flow, position).target)
