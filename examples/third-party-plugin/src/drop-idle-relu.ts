import {
  type AnyModule,
  type Call,
  Dropout,
  Flatten,
  type GraphModuleOf,
  hasHooks,
  Identity,
  MaxPool2d,
  ReLU,
  type ValueId,
  withChildren,
} from '@nnfuse/ir'
import type { Taken } from '@nnfuse/matcher'
import { inRegions, type Pass } from '@nnfuse/pass-manager'
import { LinearSquaredReLU, SquaredReLU } from './squared-relu.js'

/*
 * A ReLU of what is never negative gives what it is given. What makes values non-negative may be any number of layers
 * away, so this is a pass and not a rule.
 */

const makers = [ReLU, SquaredReLU, LinearSquaredReLU]
const keepers = [Dropout, Flatten, Identity, MaxPool2d]

const isOneOf = (module: AnyModule, kinds: readonly { is(module: AnyModule): boolean }[]): boolean =>
  kinds.some((kind) => kind.is(module))

/** The calls whose input is never negative. */
const callsOfNonNegative = ({ attrs, children }: GraphModuleOf): ReadonlySet<Call> => {
  const nonNegative = new Set<ValueId>()
  const found = new Set<Call>()
  for (const call of attrs.calls) {
    const module = children.get(call.target) as AnyModule
    const isKept = call.inputs.every((input) => nonNegative.has(input))
    if (isKept) found.add(call)
    if (isOneOf(module, makers) || (isKept && isOneOf(module, keepers))) {
      for (const output of call.outputs) nonNegative.add(output)
    }
  }
  return found
}

const idleIn = (graph: GraphModuleOf): string[] => {
  const found = callsOfNonNegative(graph)
  const busy = new Set(graph.attrs.calls.filter((call) => !found.has(call)).map(({ target }) => target))
  return [...graph.children]
    .filter(([path, module]) => ReLU.is(module) && !busy.has(path) && !hasHooks(module.hooks))
    .map(([path]) => path)
}

const dropIn = (graph: GraphModuleOf): { graph: GraphModuleOf; taken: readonly Taken[] } => {
  const idle = idleIn(graph)
  if (idle.length === 0) return { graph, taken: [] }
  const children = new Map([
    ...graph.children,
    ...idle.map((path): [string, AnyModule] => [path, Identity()]),
  ])
  const taken = idle.map((path): Taken => {
    return { rule: 'idle-relu', paths: [path], path, into: Identity.kind, exactness: 'bits' }
  })
  return { graph: withChildren(graph, children), taken }
}

/** Makes an identity, which nnfuse then drops, of every ReLU that changes nothing. */
export const dropIdleReLU: Pass = {
  name: 'drop-idle-relu',
  description: 'Drops ReLUs of what is never negative',
  eachRound: true,
  rewrites: ['idle-relu'],
  before: ['fuse'],
  run: (model, { log }) => inRegions(model, log, ({ graph }) => dropIn(graph)),
}
