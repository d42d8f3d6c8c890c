import { type AnyModule, MaxPool1d, MaxPool2d, MaxPool3d, rankOf, type ValueType } from '@nnfuse/ir'
import type { Affine } from './affine.js'
import { takesLargest } from './opaque-op.js'
import { allNumbers } from './signs.js'

/*
 * The largest of values that all go through one affine function is that function of the largest, if it does not turn
 * their order around:
 *
 *   max(s * x + t) = s * max(x) + t,   s >= 0
 *
 * What a pool puts around is less than any value, before and after.
 */

/** How many axes at the end the largest is taken over; undefined for other layers. */
const pooledAxes = (module: AnyModule, x: ValueType): number | undefined => {
  if (MaxPool1d.is(module)) return 1
  if (MaxPool2d.is(module)) return 2
  if (MaxPool3d.is(module)) return 3
  return takesLargest(module) ? (rankOf(x) ?? 2) - 2 : undefined
}

/**
 * Whether an affine function of what a maximum is taken of is the same function of the maximum, or the reason why not;
 * undefined for layers that take none.
 *
 * @param x type of the layer's input
 */
export const passesMaxima = (module: AnyModule, affine: Affine, x: ValueType): true | string | undefined => {
  const pooled = pooledAxes(module, x)
  if (pooled === undefined) return undefined
  const rank = rankOf(x)
  if (affine.axis !== undefined && (rank === undefined || affine.axis >= rank - pooled))
    return `it is not certain that no maximum is taken along axis ${affine.axis}`
  const keepsOrder = affine.scale === null || allNumbers(affine.scale, (value) => value >= 0)
  if (keepsOrder) return true
  return keepsOrder === undefined
    ? 'whether it is multiplied by negative numbers is not at hand'
    : 'multiplied by a negative number, the largest would be the smallest'
}
