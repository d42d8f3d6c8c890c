import { formatTensor, readValues, type Tensor } from '@nnfuse/ir'

/** How far two outputs are apart. */
export interface Difference {
  /** The largest difference of two elements; Infinity where only one is a number. */
  readonly largest: number
  /** The largest element of what was expected. */
  readonly scale: number
}

const apart = (a: number, b: number): number => {
  if (Object.is(a, b) || a === b) return 0
  const difference = Math.abs(a - b)
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
}

const numbersOf = async (tensor: Tensor): Promise<Float64Array> =>
  Float64Array.from((await readValues(tensor)) as Float32Array, Number)

/** What is wrong with the form of an output, if anything. */
export const formProblem = (expected: readonly Tensor[], actual: readonly Tensor[]): string | undefined => {
  if (expected.length !== actual.length)
    return `it gives ${actual.length} outputs instead of ${expected.length}`
  for (const [i, tensor] of expected.entries()) {
    const [before, after] = [tensor, actual[i] as Tensor].map(formatTensor)
    if (before !== after) return `output ${i} is ${after} instead of ${before}`
  }
  return undefined
}

/** How far a tensor is from another of the same shape. */
export const differenceOf = async (expected: Tensor, actual: Tensor): Promise<Difference> => {
  const [wanted, got] = [await numbersOf(expected), await numbersOf(actual)]
  let [largest, scale] = [0, 0]
  for (const [i, value] of wanted.entries()) {
    largest = Math.max(largest, apart(value, got[i] as number))
    if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
  }
  return { largest, scale }
}
