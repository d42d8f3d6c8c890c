import { type DType, elementCount, encode, isFloat } from '@nnfuse/ir'
import type { Feed, Feeds, ValueInfo } from '../runtime/loaded-model.js'
import type { RandomSource } from './random-source.js'

/** How float inputs are drawn. Both stay near 1, where no model overflows. */
export type Distribution = 'normal' | 'uniform'

/** Eight-bit inputs are mostly pictures; wider integers mostly indices, of which only the lowest are safe. */
const integerLimit = (dtype: DType): number => (dtype === 'uint8' || dtype === 'int8' ? 128 : 2)

const drawFor = (dtype: DType, distribution: Distribution, random: RandomSource): (() => number) => {
  if (isFloat(dtype)) return distribution === 'normal' ? random.normal : random.uniform
  return () => random.below(integerLimit(dtype))
}

const randomFeed = (
  dtype: DType,
  shape: readonly number[],
  distribution: Distribution,
  random: RandomSource,
): Feed => {
  const draw = drawFor(dtype, distribution, random)
  return { dtype, shape, bytes: encode(Float64Array.from({ length: elementCount(shape) }, draw), dtype) }
}

/** The sizes of an input, open ones looked up. */
export type ShapeOf = (input: ValueInfo) => readonly number[]

/** One batch: a random tensor for every input. */
export const randomFeeds = (
  inputs: readonly ValueInfo[],
  shapeOf: ShapeOf,
  distribution: Distribution,
  random: RandomSource,
): Feeds =>
  new Map(inputs.map((input) => [input.name, randomFeed(input.dtype, shapeOf(input), distribution, random)]))
