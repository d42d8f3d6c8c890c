import { formatTensor } from '@nnfuse/ir'
import { axisName, type Sizes } from '../check/open-sizes.js'
import { badInputs } from '../errors.js'
import type { Feed, Feeds, ValueInfo } from '../runtime/loaded-model.js'

const formatInput = ({ dtype, shape }: ValueInfo): string =>
  `${dtype}[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`

const sameShape = (wanted: ValueInfo['shape'], given: readonly number[]): boolean =>
  wanted.length === given.length &&
  wanted.every((size, axis) => typeof size === 'string' || size === given[axis])

/** @throws NnfuseError `BAD_INPUTS` for a tensor of another dtype or shape than the model takes. */
export const checkFits = (path: string, input: ValueInfo, feed: Feed): void => {
  const problem = `it is ${formatTensor(feed)}, and the model's "${input.name}" takes ${formatInput(input)}`
  if (feed.dtype !== input.dtype) throw badInputs(path, problem, `Save it as ${input.dtype}.`)
  if (!sameShape(input.shape, feed.shape)) throw badInputs(path, problem, 'Save it in that shape.')
}

/**
 * The sizes that one batch gives to what the model leaves open.
 *
 * @throws NnfuseError `BAD_INPUTS` where one name would have two sizes.
 */
export const sizesOf = (inputs: readonly ValueInfo[], feeds: Feeds, folder: string): Sizes => {
  const sizes = new Map<string, number>()
  for (const { name: input, shape } of inputs) {
    for (const [axis, open] of shape.entries()) {
      if (typeof open === 'number') continue
      const [name, size] = [axisName(input, axis, open), feeds.get(input)?.shape[axis] ?? 1]
      const before = sizes.get(name) ?? size
      const problem = `the size "${name}" is ${size} in "${input}" and ${before} elsewhere`
      if (before !== size) throw badInputs(folder, problem, 'Sizes of one name are the same in all inputs.')
      sizes.set(name, size)
    }
  }
  return sizes
}
