import type { ValueId } from '@nnfuse/ir'
import { type Declined, decline } from './decline.js'
import { callAt, callsLike, type Flow, moduleAt, pathsAt } from './flow.js'

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
  for (let output = 0; output < outputs.length; output += 1) {
    if (flow.index.isOutput(outputs[output] as ValueId))
      return decline(`the output of ${target} is also an output of the model`)
    const users = flow.index.usersAt(position, output)
    if (users.every((user) => positions.includes(user))) continue
    const others = users.filter((user) => !positions.includes(user))
    return decline(`the output of ${target} is also used by ${namesOf(flow, others)}`)
  }
  return true
}

/** What comes from outside must not be made inside: that would be gone. */
const checkInputs = (flow: Flow, { positions, inputs }: Cluster, position: number): true | Declined => {
  const { target, outputs } = callAt(flow, position)
  for (let output = 0; output < outputs.length; output += 1) {
    if (!inputs.includes(outputs[output] as ValueId)) continue
    const users = flow.index.usersAt(position, output).filter((user) => positions.includes(user))
    return decline(`the output of ${target} is used in two ways by ${namesOf(flow, users)}`)
  }
  return true
}

/** Copies of a layer that still trains would drift apart. */
const checkShared = (flow: Flow, position: number): true | Declined => {
  const { training, definition } = moduleAt(flow, position)
  if (!training || definition.parameters.size === 0 || callsLike(flow, position).length === 1) return true
  return decline(`${callAt(flow, position).target} is in training mode and called from several places`)
}

type Check = (flow: Flow, cluster: Cluster, position: number) => true | Declined

const checks: readonly Check[] = [
  (flow, cluster, position) => cluster.outputs.includes(position) || checkInner(flow, cluster, position),
  checkInputs,
  (flow, _, position) => checkShared(flow, position),
]

/**
 * Whether calls may become one, whatever the rule: everything that is true of all rules is checked here, so that no
 * rule's author can forget it.
 */
export const checkLegality = (flow: Flow, cluster: Cluster): true | Declined => {
  for (const check of checks) {
    for (const position of cluster.positions) {
      const verdict = check(flow, cluster, position)
      if (verdict !== true) return verdict
    }
  }
  return true
}
