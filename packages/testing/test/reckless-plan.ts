import { type AnyModule, type GraphModuleOf, indexGraph, unknownType } from '@nnfuse/ir'
import { type Application, decline, isDeclined, type Plan, type Rule } from '@nnfuse/matcher'

interface Recklessness {
  /** Takes layers although what flows between them goes elsewhere, too. */
  readonly ignoresOtherUsers: boolean
}

const chainAt = (graph: GraphModuleOf, { slots }: Rule, last: number): number[] | undefined => {
  const { producerOf } = indexGraph(graph.attrs)
  const positions: number[] = []
  let position: number | undefined = last
  for (const { kinds } of [...slots].reverse()) {
    const call = position === undefined ? undefined : graph.attrs.calls[position]
    if (call === undefined || !kinds.includes((graph.children.get(call.target) as AnyModule).kind))
      return undefined
    positions.unshift(position as number)
    position = producerOf(call.inputs[0] as string)
  }
  return positions
}

const usedElsewhere = ({ attrs }: GraphModuleOf, positions: readonly number[]): boolean => {
  const { usersOf, isOutput } = indexGraph(attrs)
  const inner = positions.slice(0, -1).flatMap((position) => attrs.calls[position]?.outputs ?? [])
  return inner.some((value) => isOutput(value) || usersOf(value).length > 1)
}

const rewritten = (graph: GraphModuleOf, rule: Rule, positions: readonly number[]): Application[] => {
  const paths = positions.map((position) => graph.attrs.calls[position]?.target as string)
  const modules = paths.map((path) => graph.children.get(path) as AnyModule)
  const unknown = () => unknownType
  const types = { outputType: unknown, inputType: unknown, typeOf: unknown }
  const cx = { modules, paths, captures: {}, asked: false, ...types, decline }
  if (rule.guards.some((guard) => guard(cx) !== true)) return []
  const replacement = rule.rewrite(cx)
  if (isDeclined(replacement)) return []
  const [first, last] = [
    graph.attrs.calls[positions[0] as number],
    graph.attrs.calls[positions.at(-1) as number],
  ]
  return [
    {
      rule: rule.name,
      positions,
      paths,
      host: positions[0] as number,
      path: paths[0] as string,
      replacement,
      exactness: rule.exactness,
      typesSeen: [],
      inputs: first?.inputs ?? [],
      outputs: last?.outputs ?? [],
      place: positions.at(-1) as number,
    },
  ]
}

/** A matcher that forgets to ask who else uses the layers, or what is between them. */
export const recklessPlan =
  ({ ignoresOtherUsers }: Recklessness) =>
  (graph: GraphModuleOf, rules: readonly Rule[]): Plan => {
    const [rule] = rules as readonly [Rule]
    const chains = [...graph.attrs.calls.keys()].flatMap((last) => {
      const chain = chainAt(graph, rule, last)
      return chain === undefined || (!ignoresOtherUsers && usedElsewhere(graph, chain)) ? [] : [chain]
    })
    const applications = chains.slice(0, 1).flatMap((positions) => rewritten(graph, rule, positions))
    const removed = new Uint8Array(graph.attrs.calls.length)
    for (const position of applications.flatMap(({ positions }) => positions)) removed[position] = 1
    const staying = new Set(graph.attrs.calls.filter((_, i) => !removed[i]).map(({ target }) => target))
    return {
      graph,
      applications,
      declines: [],
      tried: new Map(),
      removed,
      isVacated: (position) => !staying.has(graph.attrs.calls[position]?.target as string),
    }
  }
