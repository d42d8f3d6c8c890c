import type { AnyModule, Call, GraphIndex, GraphModuleOf } from '@nnfuse/ir'
import { type Declined, decline } from './decline.js'

/** A graph with its index, as the checks need it. */
export interface Flow {
  readonly graph: GraphModuleOf
  readonly index: GraphIndex
}

export const callAt = ({ graph }: Flow, position: number): Call => graph.attrs.calls[position] as Call

export const moduleAt = (flow: Flow, position: number): AnyModule =>
  flow.graph.children.get(callAt(flow, position).target) as AnyModule

/** The call that makes a call's only input; undefined where there are several inputs, or it is the graph's own. */
export const soleProducer = (flow: Flow, position: number): number | undefined => {
  const { inputs } = callAt(flow, position)
  return inputs.length === 1 ? flow.index.producer.get(inputs[0] as string) : undefined
}

const namesOf = (flow: Flow, positions: readonly number[]): string =>
  [...new Set(positions.map((position) => callAt(flow, position).target))].slice(0, 3).join(', ')

/** What flows between two matched layers must go nowhere else: whoever reads it would read something else afterwards. */
const checkInner = (flow: Flow, position: number, next: number): true | Declined => {
  const { target, outputs } = callAt(flow, position)
  for (const value of outputs) {
    if (flow.index.isOutput.has(value))
      return decline(`the output of ${target} is also an output of the model`)
    const others = (flow.index.users.get(value) ?? []).filter((user) => user !== next)
    if (others.length > 0) return decline(`the output of ${target} is also used by ${namesOf(flow, others)}`)
  }
  return true
}

/** The first module's place is taken by the fused one, so it must not be called from elsewhere. */
const checkHost = (flow: Flow, position: number): true | Declined => {
  const { target } = callAt(flow, position)
  const calls = flow.index.callsOf.get(target)?.length ?? 0
  return calls === 1 || decline(`${target} is called from ${calls} places, so it is not rewritten in place`)
}

/** Copies of a layer that still trains would drift apart. */
const checkShared = (flow: Flow, position: number): true | Declined => {
  const { target } = callAt(flow, position)
  const module = moduleAt(flow, position)
  const shared = (flow.index.callsOf.get(target)?.length ?? 0) > 1
  const trains = module.training && module.definition.parameters.size > 0
  return !(shared && trains) || decline(`${target} is in training mode and called from several places`)
}

/**
 * Whether a chain of calls may become one, whatever the rule: everything that is true of all rules is checked here,
 * so that no rule's author can forget it.
 *
 * @param positions calls in the order they run, each fed by the one before
 */
export const checkLegality = (flow: Flow, positions: readonly number[]): true | Declined => {
  const inner = positions
    .slice(0, -1)
    .map((position, i) => checkInner(flow, position, positions[i + 1] as number))
  const shared = positions.map((position) => checkShared(flow, position))
  const verdicts = [...inner, checkHost(flow, positions[0] as number), ...shared]
  return verdicts.find((verdict) => verdict !== true) ?? true
}
