import {
  type AnyModule,
  flatten,
  GraphModule,
  type GraphModuleOf,
  Sequential,
  withChildren,
} from '@nnfuse/ir'
import { apply, type Decline, type Leftover, leftovers, plan } from '@nnfuse/matcher'
import { logPlan, type Pass, type PassContext } from '../pass.js'

/** A graph still to be fused, with its path in the model: '' for the model itself. */
interface Region {
  readonly prefix: string
  readonly graph: GraphModuleOf
}

interface Outcome {
  readonly graph: GraphModuleOf
  readonly declined: readonly Decline[]
  readonly left: readonly Leftover[]
}

const isContainer = (module: AnyModule): boolean => GraphModule.is(module) || Sequential.is(module)

const prefixed = (prefix: string, path: string): string => (prefix === '' ? path : `${prefix}.${path}`)

const fuseRegion = ({ prefix, graph }: Region, cx: PassContext): Outcome => {
  const planned = plan(graph, cx.rules)
  logPlan(cx.log, planned, prefix)
  const fused = apply(planned)
  const declined = planned.declines.map(({ paths, ...rest }) => ({
    ...rest,
    paths: paths.map((path) => prefixed(prefix, path)),
  }))
  const left = leftovers(fused, cx.rules, planned.declines)
  return {
    graph: fused,
    declined,
    left: left.map((entry) => ({ ...entry, path: prefixed(prefix, entry.path) })),
  }
}

/** Containers that carry hooks are not dissolved; each is a region of its own. */
const fuseContainers = (
  graph: GraphModuleOf,
  prefix: string,
  cx: PassContext,
): [GraphModuleOf, Outcome[]] => {
  const inner: Outcome[] = []
  const children = new Map<string, AnyModule>()
  for (const [name, child] of graph.children) {
    if (!isContainer(child)) continue
    const flat = flatten(child)
    const outcome = fuseTree({ prefix: prefixed(prefix, name), graph: flat }, cx)
    inner.push(outcome)
    if (outcome.graph !== flat) children.set(name, outcome.graph)
  }
  if (children.size === 0) return [graph, inner]
  const all = new Map([...graph.children].map(([name, child]) => [name, children.get(name) ?? child]))
  return [withChildren(graph, all), inner]
}

const fuseTree = (region: Region, cx: PassContext): Outcome => {
  const [graph, inner] = fuseContainers(region.graph, region.prefix, cx)
  const outer = fuseRegion({ ...region, graph }, cx)
  return {
    graph: outer.graph,
    declined: [...outer.declined, ...inner.flatMap((outcome) => outcome.declined)],
    left: [...outer.left, ...inner.flatMap((outcome) => outcome.left)],
  }
}

/** Plans with every rule and applies the plan: one round. */
export const fuse: Pass = {
  name: 'fuse',
  description: 'Applies every fusing rule where it is legal',
  run: (model, cx) => {
    const { graph, declined, left } = fuseTree({ prefix: '', graph: flatten(model) }, cx)
    cx.log.declined = declined
    cx.log.left = left
    return graph
  },
}
