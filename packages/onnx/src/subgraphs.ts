import type { AttributeProto, GraphProto, NodeProto } from 'onnx-buf'

/*
 * If, Loop and Scan hold graphs in their attributes. Those use values of the graphs around them by name.
 */

/** The graphs in a node's attributes. */
export const graphsOf = ({ attribute }: NodeProto): GraphProto[] =>
  attribute.flatMap((entry: AttributeProto) => [...(entry.g ? [entry.g] : []), ...entry.graphs])

/** A graph that is still to be read, with the names that the graphs around it define. */
interface Pending {
  readonly graph: GraphProto
  readonly visible: Scope
}

/** Names of one graph, and of those around it. A chain rather than copies: nesting may be deep and graphs long. */
interface Scope {
  readonly names: ReadonlySet<string>
  readonly outer: Scope | undefined
}

const namesOf = (graph: GraphProto): Set<string> =>
  new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap(({ output }) => output),
  ])

const isVisible = (scope: Scope | undefined, name: string): boolean => {
  for (let at = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return true
  return false
}

const scopeOf = (graph: GraphProto, outer: Scope | undefined): Scope => ({ names: namesOf(graph), outer })

const pendingOf = (graphs: readonly GraphProto[], outer: Scope | undefined): Pending[] =>
  graphs.map((graph) => ({ graph, visible: scopeOf(graph, outer) }))

/** What a node's graphs mention: names they take from outside, and names they define themselves. */
export interface SubgraphNames {
  readonly captured: readonly string[]
  readonly defined: readonly string[]
}

const nothing: SubgraphNames = { captured: [], defined: [] }

/** The names that the graphs inside a node's attributes capture from outside, once each, and define. */
export const subgraphNames = (node: NodeProto): SubgraphNames => graphNames(graphsOf(node))

/** The names that graphs, and those inside them, capture from outside, once each, and define. */
export const graphNames = (graphs: readonly GraphProto[]): SubgraphNames => {
  const stack = pendingOf(graphs, undefined)
  if (stack.length === 0) return nothing
  const captured = new Set<string>()
  const defined = new Set<string>()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { graph, visible } = next
    for (const name of visible.names) defined.add(name)
    const used = [...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]
    for (const name of used) if (name !== '' && !isVisible(visible, name)) captured.add(name)
    for (const inner of graph.node.flatMap((node) => pendingOf(graphsOf(node), visible))) stack.push(inner)
  }
  return { captured: [...captured], defined: [...defined] }
}
