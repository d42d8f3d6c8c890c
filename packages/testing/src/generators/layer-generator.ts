import type { AnyModule } from '@nnfuse/ir'
import { type Arbitrary, constantFrom, integer, tuple } from 'fast-check'

/** Sizes of a value: `[batch, channels, ...spatial]`. */
export type Shape = readonly number[]

/**
 * Makes random legal layers for inputs of a given shape, so that layers can be chained: what one gives is what the
 * next one is made for.
 */
export interface LayerGenerator<M extends AnyModule = AnyModule> {
  (input: Shape): Arbitrary<M>
  /** Shapes to start with where the layer is the first. */
  readonly inputs: Arbitrary<Shape>
}

/**
 * Declares a generator for a kind of layer.
 *
 * @example
 * ```ts
 * const arbitraryScale = layerGenerator(shapesWithAxes(2), ([, channels = 1]) =>
 *   arbitraryTensor([channels, 1, 1]).map((factor) => Scale(factor)),
 * )
 * ```
 */
export const layerGenerator = <M extends AnyModule>(
  inputs: Arbitrary<Shape>,
  generate: (input: Shape) => Arbitrary<M>,
): LayerGenerator<M> => Object.assign((input: Shape) => generate(input), { inputs })

/** Two samples, since one has no batch statistics where there are no spatial axes. */
const batch = 2

/** Numbers with several divisors, so that there are groups. */
const channelCounts = constantFrom(1, 2, 3, 4, 6)

const largestSize = [0, 8, 6, 4]

/** Small shapes `[2, channels, ...spatial]` with so many spatial axes. */
export const shapesWithAxes = (axes: number): Arbitrary<Shape> => {
  const sizes = Array.from({ length: axes }, () => integer({ min: 3, max: largestSize[axes] ?? 3 }))
  return tuple(channelCounts, ...sizes).map(([channels, ...spatial]) => [batch, channels, ...spatial])
}

/** How many channels a value of this shape has; the features of one without spatial axes. */
export const channelsOf = (shape: Shape): number => shape[1] ?? 1
