import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  type AnyModule,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type AvgPoolAttrs,
  rankOf,
  type ValueType,
} from '@nnfuse/ir'
import type { Affine } from './affine.js'
import { takesMeans } from './opaque-op.js'

/*
 * The mean of values that all go through one affine function is that function of their mean:
 *
 *   mean(s * x + t) = s * mean(x) + t
 *
 * Zeros that are put around and counted are values without the t, so past these only a scale is moved.
 */

/** How many axes at the end are averaged over; undefined for other layers. */
const averagedAxes = (module: AnyModule): number | undefined => {
  if (AdaptiveAvgPool1d.is(module) || AvgPool1d.is(module)) return 1
  if (AdaptiveAvgPool2d.is(module) || AvgPool2d.is(module)) return 2
  return AdaptiveAvgPool3d.is(module) || AvgPool3d.is(module) ? 3 : undefined
}

/** Where a window ends beyond the input, runtimes do not agree on what they divide by. */
const countsMore = ({ padding, ceilMode, countIncludePad }: AvgPoolAttrs): boolean =>
  countIncludePad && (ceilMode || typeof padding === 'string' || padding.flat().some((size) => size > 0))

const countsZeros = (module: AnyModule): boolean =>
  (AvgPool1d.is(module) || AvgPool2d.is(module) || AvgPool3d.is(module)) && countsMore(module.attrs)

/** Whether each place along an axis has a mean of its own: averaged over, the axis would have the size 1. */
const keepsAxis = (module: AnyModule, axis: number, x: ValueType, y: ValueType): boolean => {
  const averaged = averagedAxes(module)
  const rank = rankOf(x)
  if (rank === undefined) return false
  if (averaged !== undefined) return axis < rank - averaged
  return rankOf(y) === rank && typeof x.shape?.[axis] === 'number' && x.shape[axis] === y.shape?.[axis]
}

/**
 * Whether an affine function of what is averaged is the same function of the means, or the reason why not; undefined for
 * layers that do not average.
 *
 * @param x type of the layer's input
 * @param y type of its output
 */
export const passesAverages = (
  module: AnyModule,
  affine: Affine,
  x: ValueType,
  y: ValueType,
): true | string | undefined => {
  if (averagedAxes(module) === undefined && !takesMeans(module)) return undefined
  if (affine.shift !== null && countsZeros(module)) return 'it counts zeros around its input'
  if (affine.axis === undefined || keepsAxis(module, affine.axis, x, y)) return true
  return `it is not certain that axis ${affine.axis} is not averaged over`
}
