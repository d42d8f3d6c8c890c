import type { AnyModule, ValueId } from '@nnfuse/ir'
import type { Binding } from './bind.js'
import { callAt, type Flow, moduleAt, pathsAt } from './flow.js'
import type { Cluster } from './legality.js'
import type { Rule } from './rule.js'

/** A place where a rule's pattern fits: the calls it takes, and all calls of its pattern, constants included. */
export interface Match extends Cluster {
  readonly rule: Rule
  readonly binding: Binding
  /** Paths and modules of the calls of the pattern, in its order. */
  readonly paths: readonly string[]
  readonly modules: readonly AnyModule[]
}

const inputsOf = (flow: Flow, { pattern }: Rule, { positions, values }: Binding): readonly ValueId[] => {
  if (pattern.isChain) return callAt(flow, positions[0] as number).inputs
  return pattern.feeds.flatMap((feed) =>
    'open' in feed ? [values[feed.open] as ValueId] : callAt(flow, positions[feed.allOf] as number).inputs,
  )
}

/** The values that leave a match. */
export const outputsOf = (flow: Flow, { outputs }: Match): readonly ValueId[] =>
  outputs.length === 1
    ? callAt(flow, outputs[0] as number).outputs
    : outputs.flatMap((position) => callAt(flow, position).outputs)

/**
 * The match that a binding of layers to the slots of a rule makes: which calls it takes, and which values go in and
 * come out.
 */
export const matchOf = (flow: Flow, rule: Rule, binding: Binding): Match => {
  const { ops, outputs } = rule.pattern
  const { positions } = binding
  return {
    rule,
    binding,
    positions: ops.some(({ isConstant }) => isConstant)
      ? positions.filter((_, i) => !ops[i]?.isConstant)
      : positions,
    outputs: outputs.map((op) => positions[op] as number),
    inputs: inputsOf(flow, rule, binding),
    paths: pathsAt(flow, positions),
    modules: positions.map((position) => moduleAt(flow, position)),
  }
}
