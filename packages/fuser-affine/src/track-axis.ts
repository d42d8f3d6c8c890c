import {
  type AnyModule,
  type Dim,
  equalSizes,
  Flatten,
  Identity,
  inferModule,
  multiplySizes,
  Reshape,
  type SizeProduct,
  Squeeze,
  sizeProductOf,
  Unsqueeze,
} from '@nnfuse/ir'
import { reshapesAsTold } from './opaque-op.js'

/*
 * Layers that give a value another shape keep an axis if the elements before it and behind it are as many as they
 * were. Sizes are products of numbers and symbols, so that this can be proven where sizes are not known: flattening
 * [N, 4, h, w] from its third axis gives [N, 4, h * w], and 4 is still what comes behind N. Sizes that merely agree
 * prove nothing.
 */

/** Undefined where nothing is known. */
type Size = SizeProduct | undefined

/** Unknown sizes are symbols of their own: `?0`, `?1`. */
const named = (shape: readonly Dim[]): Dim[] => shape.map((dim, axis) => dim ?? `?${axis}`)

const kinds = [Identity, Reshape, Flatten, Squeeze, Unsqueeze]

/** The shape of what a layer gives that only changes it; undefined for other layers. */
const shapeBehind = (
  module: AnyModule,
  shape: readonly Dim[],
  result: readonly Dim[] | undefined,
): readonly Dim[] | undefined => {
  if (reshapesAsTold(module)) return result
  const isReshaping = kinds.some((kind) => kind.is(module))
  return isReshaping ? inferModule(module, [{ dtype: undefined, shape }])[0]?.shape : undefined
}

/** Pairs of an axis before and the same one after. */
const keptAxes = (before: readonly Size[], after: readonly Size[]): (readonly [number, number])[] =>
  before.flatMap((size, a) =>
    after.flatMap((other, b) => {
      const kept =
        equalSizes(size, other) &&
        (equalSizes(multiplySizes(before.slice(0, a)), multiplySizes(after.slice(0, b))) ||
          equalSizes(multiplySizes(before.slice(a + 1)), multiplySizes(after.slice(b + 1))))
      return kept ? [[a, b] as const] : []
    }),
  )

/** Which axes a layer that only changes the shape keeps: `back` from its output, `forward` from its input. */
export interface KeptAxes {
  back(axis: number): number | undefined
  forward(axis: number): number | undefined
}

/**
 * What becomes of the axes of a value in a layer that only changes its shape; undefined for other layers, and where the
 * number of axes is not known. An axis of size 1 may be any other of size 1, so the first is taken.
 *
 * @param shape of its input
 * @param result shape of its output, where the layer does not say it
 */
export const trackAxes = (
  module: AnyModule,
  shape: readonly Dim[] | undefined,
  result: readonly Dim[] | undefined,
): KeptAxes | undefined => {
  if (shape === undefined) return undefined
  const before = named(shape)
  const after = shapeBehind(module, before, result)
  if (after === undefined) return undefined
  const kept = keptAxes(before.map(sizeProductOf), after.map(sizeProductOf))
  return {
    back: (axis) => kept.find(([, b]) => b === axis)?.[0],
    forward: (axis) => kept.find(([a]) => a === axis)?.[1],
  }
}
