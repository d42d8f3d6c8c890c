import type { ValueId } from '@nnfuse/ir'
import { type Declined, decline } from './decline.js'
import { callAt, callCount, type Flow, moduleAt, pathsAt } from './flow.js'

/** Calls that are to become one. */
export interface Cluster {
  readonly positions: readonly number[]
  /** Positions, among these, of the calls whose outputs others may use. */
  readonly outputs: readonly number[]
  /** Values that the replacement is given. */
  readonly inputs: readonly ValueId[]
}

/** A chain of calls, each fed by the one before. */
export const chainCluster = (flow: Flow, positions: readonly number[]): Cluster => ({
  positions,
  outputs: positions.slice(-1),
  inputs: callAt(flow, positions[0] as number).inputs,
})

const namesOf = (flow: Flow, positions: readonly number[]): string =>
  [...new Set(pathsAt(flow, positions))].slice(0, 3).join(', ')

/** What flows between matched layers must go nowhere else: whoever reads it would read something else afterwards. */
const checkInner = (flow: Flow, { positions }: Cluster, position: number): true | Declined => {
  const { target, outputs } = callAt(flow, position)
  for (const value of outputs) {
    if (flow.index.isOutput.has(value))
      return decline(`the output of ${target} is also an output of the model`)
    const others = (flow.index.users.get(value) ?? []).filter((user) => !positions.includes(user))
    if (others.length > 0) return decline(`the output of ${target} is also used by ${namesOf(flow, others)}`)
  }
  return true
}

/** What comes from outside must not be made inside: that would be gone. */
const checkInput = (flow: Flow, { positions }: Cluster, value: ValueId): true | Declined => {
  const producer = flow.index.producer.get(value)
  if (producer === undefined || !positions.includes(producer)) return true
  const { target } = callAt(flow, producer)
  return decline(
    `the output of ${target} is used in two ways by ${namesOf(flow, usersIn(flow, positions, value))}`,
  )
}

const usersIn = (flow: Flow, positions: readonly number[], value: ValueId): readonly number[] =>
  (flow.index.users.get(value) ?? []).filter((user) => positions.includes(user))

/** Copies of a layer that still trains would drift apart. */
const checkShared = (flow: Flow, position: number): true | Declined => {
  const { target } = callAt(flow, position)
  const module = moduleAt(flow, position)
  const trains = module.training && module.definition.parameters.size > 0
  const shared = trains && callCount(flow, target) > 1
  return !shared || decline(`${target} is in training mode and called from several places`)
}

function* verdicts(flow: Flow, cluster: Cluster): Generator<true | Declined> {
  const { positions, outputs, inputs } = cluster
  for (const position of positions) {
    if (!outputs.includes(position)) yield checkInner(flow, cluster, position)
  }
  for (const input of inputs) yield checkInput(flow, cluster, input)
  for (const position of positions) yield checkShared(flow, position)
}

/**
 * Whether calls may become one, whatever the rule: everything that is true of all rules is checked here, so that no
 * rule's author can forget it.
 */
export const checkLegality = (flow: Flow, cluster: Cluster): true | Declined => {
  for (const verdict of verdicts(flow, cluster)) if (verdict !== true) return verdict
  return true
}
