import type { GraphIndex, ValueId } from '@nnfuse/ir'

/** Whether a value is used once, by a layer. */
export const hasOneUser = (index: GraphIndex, value: ValueId): boolean =>
  index.usersOf(value).length === 1 && !index.isOutput(value)
