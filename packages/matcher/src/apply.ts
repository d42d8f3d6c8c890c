import { type AnyModule, type Call, flatten, type GraphModuleOf, isContainer, withGraph } from '@nnfuse/ir'
import { firstLike, flowOf } from './flow.js'
import type { Application, Plan } from './plan.js'

const callOf = ({ path, inputs, outputs }: Application): Call => ({ target: path, inputs, outputs })

const byPlace = (a: Application, b: Application): number => a.place - b.place

/** The calls that stay, and those of the fused modules at their places. */
const rewriteCalls = ({ graph, applications, removed }: Plan): Call[] => {
  const fused = [...applications].sort(byPlace)
  const calls: Call[] = []
  let next = 0
  for (const [position, call] of graph.attrs.calls.entries()) {
    for (; (fused[next]?.place ?? Number.POSITIVE_INFINITY) <= position; next += 1)
      calls.push(callOf(fused[next] as Application))
    if (!removed[position]) calls.push(call)
  }
  return calls
}

const none = -1

/** The applications made of the layer that is called at a position: lists in two arrays, since there may be very many. */
const madeAt = ({ graph, applications }: Plan): ((position: number) => Iterable<Application>) => {
  const flow = flowOf(graph)
  const first = new Int32Array(graph.attrs.calls.length).fill(none)
  const next = new Int32Array(applications.length)
  for (let i = applications.length - 1; i >= 0; i -= 1) {
    const position = firstLike(flow, (applications[i] as Application).host)
    next[i] = first[position] as number
    first[position] = i
  }
  return function* (position) {
    for (let i = first[position] as number; i !== none; i = next[i] as number)
      yield applications[i] as Application
  }
}

/** Fused modules stand where the first of their layers stood, or right behind it where that one stays. */
const rewriteChildren = (plan: Plan): Map<string, AnyModule> => {
  const { graph, isVacated } = plan
  const { calls } = graph.attrs
  const { firstCallOf } = flowOf(graph).index
  const made = madeAt(plan)
  const children = new Map<string, AnyModule>()
  // Children mostly stand in the order of their calls, and walking along is much faster than looking each up.
  let next = 0
  for (const [path, module] of graph.children) {
    const first = calls[next]?.target === path ? next : firstCallOf(path)
    if (first === next) next += 1
    if (first === undefined || !isVacated(first)) children.set(path, module)
    if (first !== undefined) for (const { path, replacement } of made(first)) children.set(path, replacement)
  }
  return children
}

/** Carries out a plan in one sweep. A plan without applications gives back the same graph. */
export const apply = (plan: Plan): GraphModuleOf => {
  const { graph, applications } = plan
  if (applications.length === 0) return graph
  const { inputs, outputs, types } = graph.attrs
  const children = rewriteChildren(plan)
  const whole = withGraph(graph, children, { inputs, calls: rewriteCalls(plan), outputs, types })
  return applications.some(({ replacement }) => isContainer(replacement)) ? flatten(whole) : whole
}
