import { type AnyModule, Flatten, Reshape, Squeeze, Unsqueeze } from '@nnfuse/ir'

const kinds = [Reshape, Flatten, Squeeze, Unsqueeze]

/** Whether a layer changes the shape of a value and not the order of its numbers. */
export const isReshaping = (module: AnyModule): boolean => kinds.some((kind) => kind.is(module))
