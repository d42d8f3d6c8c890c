import { type AnyModule, Cat, Flatten, Pad, Reshape, rankOf, Transpose, type ValueType } from '@nnfuse/ir'

/** Whether all sizes that a reshape states are there already; one that is left to it is what it was, then. */
const statesItsSizes = (sizes: readonly unknown[], { shape }: ValueType): boolean =>
  sizes.length === shape?.length &&
  sizes.every((size, axis) => size === 'copy' || size === -1 || size === shape[axis])

/**
 * Whether a layer that computes nothing leaves its input as it is: a concatenation of one value, axes in the order they
 * have, no padding, and the shape that it has.
 */
export const movesNothing = (module: AnyModule, inputs: readonly ValueType[], output: ValueType): boolean => {
  const [x] = inputs
  if (x === undefined) return false
  if (Cat.is(module)) return inputs.length === 1
  if (Transpose.is(module)) return module.attrs.perm.every((axis, place) => axis === place)
  if (Pad.is(module)) return module.attrs.pads.flat().every((amount) => amount === 0)
  if (Reshape.is(module)) return statesItsSizes(module.attrs.shape, x)
  return Flatten.is(module) && rankOf(x) !== undefined && rankOf(x) === rankOf(output)
}
