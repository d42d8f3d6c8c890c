import { type AnyModule, isNoOp, Transpose, type ValueType } from '@nnfuse/ir'
import type { Affine } from './affine.js'
import { changesShapeOnly } from './move-back.js'
import { passesAverages } from './pass-averages.js'
import { passesMaxima } from './pass-maxima.js'
import { trackAxes } from './track-axis.js'

const axisAfter = (module: AnyModule, axis: number, x: ValueType, y: ValueType): number | undefined => {
  if (!Transpose.is(module)) return trackAxes(module, x.shape, y.shape)?.forward(axis)
  const after = module.attrs.perm.indexOf(axis)
  return after < 0 ? undefined : after
}

/**
 * Moves an affine function from the input of a layer to its output: what the output has to go through instead, or the
 * reason why that is not the same; undefined for layers that nothing is moved past.
 *
 * @param x type of the layer's input
 * @param y type of its output
 */
export const moveForward = (
  module: AnyModule,
  affine: Affine,
  x: ValueType,
  y: ValueType,
): Affine | string | undefined => {
  if (isNoOp(module)) return affine
  const pooled = passesAverages(module, affine, x, y) ?? passesMaxima(module, affine, x)
  if (pooled !== undefined) return pooled === true ? affine : pooled
  if (!changesShapeOnly(module) && !Transpose.is(module)) return undefined
  if (affine.axis === undefined) return affine
  const axis = axisAfter(module, affine.axis, x, y)
  return axis === undefined
    ? `it is not certain that axis ${affine.axis} of its input is one axis of its output`
    : { ...affine, axis }
}
