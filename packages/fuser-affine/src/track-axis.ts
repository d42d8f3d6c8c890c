import {
  type AnyModule,
  type Dim,
  divideSizes,
  equalSizes,
  Flatten,
  Identity,
  multiplySizes,
  Reshape,
  type ReshapeSize,
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

const one: Size = { factor: 1, symbols: [] }

/** Unknown sizes are symbols of their own: `?0`, `?1`. */
const sizesOf = (shape: readonly Dim[]): Size[] => shape.map((dim, axis) => sizeProductOf(dim ?? `?${axis}`))

const reshaped = (sizes: readonly Size[], shape: readonly ReshapeSize[]): Size[] => {
  const given = shape.map((size, axis): Size => {
    if (size === 'copy') return sizes[axis]
    return size === -1 ? undefined : { factor: size, symbols: [] }
  })
  const left = divideSizes(multiplySizes(sizes), multiplySizes(given.filter((_, axis) => shape[axis] !== -1)))
  return given.map((size, axis) => (shape[axis] === -1 ? left : size))
}

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

const merged = (sizes: readonly Size[], startAxis: number, endAxis: number): Size[] => {
  const [start, end] = [fromEnd(startAxis, sizes.length), fromEnd(endAxis, sizes.length)]
  return [...sizes.slice(0, start), multiplySizes(sizes.slice(start, end + 1)), ...sizes.slice(end + 1)]
}

const squeezed = (sizes: readonly Size[], axes: readonly number[]): Size[] => {
  const gone = axes.map((axis) => fromEnd(axis, sizes.length))
  return sizes.filter((_, axis) => !gone.includes(axis))
}

const unsqueezed = (sizes: readonly Size[], axes: readonly number[]): Size[] => {
  const rank = sizes.length + axes.length
  const added = axes.map((axis) => fromEnd(axis, rank))
  const rest = [...sizes]
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? one : rest.shift()))
}

const resultOf = (
  module: AnyModule,
  sizes: readonly Size[],
  result: readonly Dim[] | undefined,
): readonly Size[] | undefined => {
  if (reshapesAsTold(module)) return result?.map(sizeProductOf)
  if (Identity.is(module)) return sizes
  if (Reshape.is(module)) return reshaped(sizes, module.attrs.shape)
  if (Flatten.is(module)) return merged(sizes, module.attrs.startAxis, module.attrs.endAxis)
  if (Squeeze.is(module)) return squeezed(sizes, module.attrs.axes)
  return Unsqueeze.is(module) ? unsqueezed(sizes, module.attrs.axes) : undefined
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
  const before = sizesOf(shape)
  const after = resultOf(module, before, result)
  if (after === undefined) return undefined
  const kept = keptAxes(before, after)
  return {
    back: (axis) => kept.find(([, b]) => b === axis)?.[0],
    forward: (axis) => kept.find(([a]) => a === axis)?.[1],
  }
}
