import { type AnyModule, type Call, type GraphIndex, type GraphModuleOf, indexGraph } from '@nnfuse/ir'

/** A graph with its index, as matching needs it. Positions count the graph's calls. */
export interface Flow {
  readonly graph: GraphModuleOf
  readonly index: GraphIndex
  /** The module of each call. */
  readonly modules: readonly AnyModule[]
  /** Every layer is called once, in the order in which the graph holds them: there is no need to look calls up by name. */
  readonly inOrder: boolean
}

/** Children mostly stand in the order of their calls, and walking along is much faster than looking each up. */
const makeFlow = (graph: GraphModuleOf): Flow => {
  const { attrs, children } = graph
  const walk = children.entries()
  let [path, module] = walk.next().value ?? []
  let inOrder = true
  const modules = attrs.calls.map(({ target }) => {
    if (target !== path) {
      inOrder = false
      return children.get(target) as AnyModule
    }
    const found = module as AnyModule
    ;[path, module] = walk.next().value ?? []
    return found
  })
  return { graph, index: indexGraph(attrs), modules, inOrder }
}

const known = new WeakMap<GraphModuleOf, Flow>()

/** Made once for each graph. */
export const flowOf = (graph: GraphModuleOf): Flow => {
  const flow = known.get(graph) ?? makeFlow(graph)
  known.set(graph, flow)
  return flow
}

/** Positions of the calls of the layer that is called at a position, in order. */
export const callsLike = ({ index, inOrder }: Flow, position: number): readonly number[] =>
  inOrder ? [position] : index.callsLike(position)

/** The first of these. */
export const firstLike = ({ index, inOrder }: Flow, position: number): number =>
  inOrder ? position : index.firstLike(position)

export const callAt = ({ graph }: Flow, position: number): Call => graph.attrs.calls[position] as Call

export const moduleAt = ({ modules }: Flow, position: number): AnyModule => modules[position] as AnyModule

/** The call that makes an input of a call; undefined where the graph is given it, or there is no such input. */
export const producerAt = (flow: Flow, position: number, input: number): number | undefined =>
  input < callAt(flow, position).inputs.length ? flow.index.producerAt(position, input) : undefined

export const pathsAt = (flow: Flow, positions: readonly number[]): string[] =>
  positions.map((position) => callAt(flow, position).target)
