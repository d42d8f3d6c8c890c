import { elementCount, floatTensor, type Tensor } from '@nnfuse/ir'
import { type Arbitrary, array, integer } from 'fast-check'

/** Hundredths: short to print, and not exact in binary, so that products round as they do in real weights. */
const hundredths = (min: number, max: number): Arbitrary<number> =>
  integer({ min: Math.round(min * 100), max: Math.round(max * 100) }).map((value) => value / 100)

/** Tensors whose elements come one by one from an arbitrary number. */
export const tensorsOf = (shape: readonly number[], elements: Arbitrary<number>): Arbitrary<Tensor> => {
  const count = elementCount(shape)
  return array(elements, { minLength: count, maxLength: count }).map((values) => floatTensor(values, shape))
}

/** Float32 tensors of a shape, with elements between two limits (-1.5 and 1.5 unless told). */
export const arbitraryTensor = (
  shape: readonly number[],
  { min = -1.5, max = 1.5 }: { min?: number; max?: number } = {},
): Arbitrary<Tensor> => tensorsOf(shape, hundredths(min, max))
