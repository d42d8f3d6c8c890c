import { unknownDim } from '../errors.js'
import type { ValueInfo } from '../runtime/loaded-model.js'

/** Sizes that the model leaves open, by name. */
export type Sizes = ReadonlyMap<string, number>

/** The name of an axis: the model's own, `batch`, or where there is none `image.2`. */
export const axisName = (input: string, axis: number, name: string): string =>
  name === '' ? `${input}.${axis}` : name

interface OpenSize {
  readonly name: string
  /** The first axis of some input: how many inputs are computed at once. */
  readonly isBatch: boolean
}

/** What a model leaves open, each name once. */
export const openSizes = (inputs: readonly ValueInfo[]): OpenSize[] => {
  const found = new Map<string, OpenSize>()
  for (const { name: input, shape } of inputs) {
    for (const [axis, size] of shape.entries()) {
      if (typeof size === 'number') continue
      const name = axisName(input, axis, size)
      found.set(name, { name, isBatch: axis === 0 || (found.get(name)?.isBatch ?? false) })
    }
  }
  return [...found.values()]
}

const batchGuesses: readonly number[] = [2, 1]

/** 32 first: enough to survive five halvings, quick to run; 224 is what many heads insist on. */
const sizeGuesses: readonly number[] = [32, 224, 8, 1]

/**
 * The sizes to try in turn: what the user gives, and guesses for the rest.
 *
 * @throws NnfuseError `UNKNOWN_DIM` for a given size that the model does not leave open.
 */
export const sizeAttempts = (inputs: readonly ValueInfo[], given: Sizes): Sizes[] => {
  const open = openSizes(inputs)
  const names = open.map(({ name }) => name)
  for (const name of given.keys()) if (!names.includes(name)) throw unknownDim(name, names)
  const guessed = open.filter(({ name }) => !given.has(name))
  const batches = guessed.some(({ isBatch }) => isBatch) ? batchGuesses : [1]
  const sizes = guessed.some(({ isBatch }) => !isBatch) ? sizeGuesses : [1]
  return batches.flatMap((batch) =>
    sizes.map(
      (size) =>
        new Map([...given, ...guessed.map(({ name, isBatch }) => [name, isBatch ? batch : size] as const)]),
    ),
  )
}

/** The shape of an input once the open sizes are chosen. */
export const shapeWith = (sizes: Sizes, { name, shape }: ValueInfo): readonly number[] =>
  shape.map((size, axis) => (typeof size === 'number' ? size : (sizes.get(axisName(name, axis, size)) ?? 1)))

/** `--dim height=224 --dim width=224`, for what was guessed other than batches. */
export const dimHint = (inputs: readonly ValueInfo[], given: Sizes): string | undefined => {
  const guessed = openSizes(inputs).filter(({ name, isBatch }) => !isBatch && !given.has(name))
  if (guessed.length === 0) return undefined
  const options = guessed.map(({ name }) => `--dim ${name}=SIZE`).join(' ')
  return `The sizes were guessed; say which the model takes: ${options}`
}
