import type { Dim } from '@nnfuse/ir'

/** Whether a value keeps its shape next to these sizes: each is the one that is there, or 1. False where it is not known. */
export const stretchesNothing = (
  sizes: readonly Dim[] | undefined,
  shape: readonly Dim[] | undefined,
): boolean => {
  if (sizes === undefined || shape === undefined || sizes.length > shape.length) return false
  return sizes.every((size, i) => {
    const given = shape[shape.length - sizes.length + i]
    return size === 1 || (size !== null && size === given)
  })
}
