import {
  type AnyModule,
  type Call,
  flatten,
  GraphModule,
  type GraphModuleOf,
  isContainer,
  withHooks,
  withTraining,
} from '@nnfuse/ir'
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

/** The applications at each host: mostly one. */
const byHost = (applications: readonly Application[]): Map<string, readonly Application[]> => {
  const hosts = new Map<string, readonly Application[]>()
  for (const application of applications) {
    const others = hosts.get(application.host)
    hosts.set(application.host, others === undefined ? [application] : [...others, application])
  }
  return hosts
}

/** Fused modules stand where the first of their layers stood, or right behind it where that one stays. */
const rewriteChildren = ({ graph, applications, isVacated }: Plan): Map<string, AnyModule> => {
  const hosts = byHost(applications)
  const children = new Map<string, AnyModule>()
  for (const [path, module] of graph.children) {
    if (!isVacated(path)) children.set(path, module)
    for (const made of hosts.get(path) ?? []) children.set(made.path, made.replacement)
  }
  return children
}

/** Carries out a plan in one sweep. A plan without applications gives back the same graph. */
export const apply = (plan: Plan): GraphModuleOf => {
  const { graph, applications } = plan
  if (applications.length === 0) return graph
  const { inputs, outputs, types } = graph.attrs
  const children = rewriteChildren(plan)
  const rewritten = GraphModule(children, { inputs, calls: rewriteCalls(plan), outputs, types })
  const whole = withHooks(withTraining(rewritten, graph.training), graph.hooks)
  return applications.some(({ replacement }) => isContainer(replacement)) ? flatten(whole) : whole
}
