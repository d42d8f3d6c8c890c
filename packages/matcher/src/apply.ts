import {
  type AnyModule,
  type Call,
  GraphModule,
  type GraphModuleOf,
  withHooks,
  withTraining,
} from '@nnfuse/ir'
import type { Application, Plan } from './plan.js'

/** The call that stands for a matched chain, at the place of its last one. */
const fusedCall = (calls: readonly Call[], { positions }: Application): Call => {
  const first = calls[positions[0] as number] as Call
  const last = calls[positions.at(-1) as number] as Call
  return { target: first.target, inputs: first.inputs, outputs: last.outputs }
}

const rewriteCalls = (calls: readonly Call[], applications: readonly Application[]): Call[] => {
  const replaced = new Map<number, Call | undefined>()
  for (const application of applications) {
    for (const position of application.positions) replaced.set(position, undefined)
    replaced.set(application.positions.at(-1) as number, fusedCall(calls, application))
  }
  return calls.flatMap((call, position) => {
    if (!replaced.has(position)) return [call]
    const fused = replaced.get(position)
    return fused === undefined ? [] : [fused]
  })
}

/** Children whose last call has gone, go too; the fused modules stand where the first of their layers stood. */
const rewriteChildren = (
  children: ReadonlyMap<string, AnyModule>,
  calls: readonly Call[],
  applications: readonly Application[],
): Map<string, AnyModule> => {
  const called = new Set(calls.map((call) => call.target))
  const vacated = new Set(applications.flatMap(({ paths }) => paths).filter((path) => !called.has(path)))
  const fused = new Map(applications.map(({ paths, replacement }) => [paths[0], replacement]))
  return new Map(
    [...children]
      .filter(([path]) => !vacated.has(path))
      .map(([path, module]) => [path, fused.get(path) ?? module] as const),
  )
}

/** Carries out a plan in one sweep. A plan without applications gives back the same graph. */
export const apply = ({ graph, applications }: Plan): GraphModuleOf => {
  if (applications.length === 0) return graph
  const { inputs, outputs, types } = graph.attrs
  const calls = rewriteCalls(graph.attrs.calls, applications)
  const children = rewriteChildren(graph.children, calls, applications)
  const rewritten = GraphModule(children, { inputs, calls, outputs, types })
  return withHooks(withTraining(rewritten, graph.training), graph.hooks)
}
