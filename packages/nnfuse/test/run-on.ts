import { type AnyModule, type ModelLike, readValues, type Tensor } from '@nnfuse/ir'
import { type RunInput, run } from '@nnfuse/runtime'
import { goldenValue } from './golden-case.js'

/** An input of this shape, from the formula of the golden file. */
export const inputOf = (shape: readonly number[]): RunInput => {
  const count = shape.reduce((product, size) => product * size, 1)
  return { data: Float32Array.from({ length: count }, (_, i) => goldenValue(999, i)), shape }
}

const numbers = async (tensor: Tensor | undefined): Promise<ArrayLike<number>> =>
  (await readValues(tensor as Tensor)) as Float32Array

/** What a model makes of {@link inputOf}. */
export const runOn = async (model: ModelLike, shape: readonly number[]): Promise<ArrayLike<number>> => {
  const { outputs } = await run(model, [inputOf(shape)])
  return numbers(outputs[0])
}

/** The same for a model in training mode, with the model as the step leaves it: other running statistics. */
export const stepOn = async (
  model: AnyModule,
  shape: readonly number[],
): Promise<{ output: ArrayLike<number>; model: AnyModule }> => {
  const { outputs, model: after } = await run(model, [inputOf(shape)])
  return { output: await numbers(outputs[0]), model: after }
}

/** Largest difference, relative to the largest of the expected numbers. */
export const distance = (expected: ArrayLike<number>, actual: ArrayLike<number>): number => {
  if (expected.length !== actual.length) return Number.POSITIVE_INFINITY
  const scale = Math.max(1e-3, ...Array.from(expected, Math.abs))
  return Math.max(...Array.from(expected, (x, i) => Math.abs(x - (actual[i] as number)) / scale))
}

/** Whether two models compute the same from {@link inputOf}, but for rounding. */
export const computeTheSame = async (
  a: ModelLike,
  b: ModelLike,
  shape: readonly number[],
  tolerance = 1e-5,
): Promise<boolean> => distance(await runOn(a, shape), await runOn(b, shape)) <= tolerance
