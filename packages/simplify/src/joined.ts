import type { AnyModule, Call, GraphModuleOf } from '@nnfuse/ir'
import type { Taken } from '@nnfuse/matcher'

/** What the report calls it. */
export const joinEqualRule = 'join-equal'

/** A graph in which some calls give way to others before them. */
export interface Joined {
  readonly graph: GraphModuleOf
  readonly taken: readonly Taken[]
}

/** The first of two calls stands for both. */
export const takenFor = (module: AnyModule, first: Call, second: Call): Taken => ({
  rule: joinEqualRule,
  paths: [first.target, second.target],
  path: first.target,
  into: module.kind,
  exactness: 'bits',
})
