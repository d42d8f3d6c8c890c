import type { DType } from '@nnfuse/ir'
import type { InputBatches } from '../data/input-batches.js'
import { messageOf } from '../errors.js'
import type { Feeds, LoadedModel, Result } from '../runtime/loaded-model.js'
import { type Check, failedCheck, type OutputCheck, unchecked } from './check.js'
import { boundFor, compareResults, worseOf } from './compare-results.js'
import { dimHint, type Sizes, shapeWith, sizeAttempts } from './open-sizes.js'
import { type Distribution, randomFeeds } from './random-inputs.js'
import { randomSource } from './random-source.js'

export interface CheckOptions {
  readonly seed: number
  /** Sizes given for what the model leaves open; the others are guessed. */
  readonly sizes: Sizes
  /** Dtypes of the weights; they bound how exact the outputs can be. */
  readonly weights: Iterable<DType>
  /** Real inputs, checked as one more batch. */
  readonly realInputs?: Feeds
  /** Real inputs from files, in batches of their own. */
  readonly inputBatches?: InputBatches | undefined
}

type Results = ReadonlyMap<string, Result>

const distributions: readonly Distribution[] = ['normal', 'uniform', 'normal', 'uniform']

/** The random batches for one choice of sizes, and the real ones. */
const batchesFor = (model: LoadedModel, sizes: Sizes, options: CheckOptions): Feeds[] => {
  const { realInputs, inputBatches } = options
  const random = randomSource(options.seed)
  const shapeOf = (input: LoadedModel['inputs'][number]) => shapeWith(sizes, input)
  const batches = distributions.map((distribution) =>
    randomFeeds(model.inputs, shapeOf, distribution, random),
  )
  return [...batches, ...(realInputs ? [realInputs] : []), ...(inputBatches?.batches ?? [])]
}

const runAll = async (model: LoadedModel, batches: readonly Feeds[]): Promise<Results[]> => {
  const results: Results[] = []
  for (const feeds of batches) results.push(await model.run(feeds))
  return results
}

interface Trial {
  readonly sizes: Sizes
  readonly batches: readonly Feeds[]
  readonly results: readonly Results[]
}

/** Runs the model with the first choice of open sizes that it accepts, or says what it has against the first. */
const firstThatRuns = async (
  model: LoadedModel,
  options: CheckOptions,
): Promise<Trial | { readonly reason: string }> => {
  let reason: string | undefined
  for (const sizes of sizeAttempts(model.inputs, options.sizes)) {
    try {
      const batches = batchesFor(model, sizes, options)
      return { sizes, batches, results: await runAll(model, batches) }
    } catch (error) {
      reason ??= messageOf(error)
    }
  }
  return { reason: reason ?? 'it has no inputs to try' }
}

const compareOutput = (
  name: string,
  a: readonly Results[],
  b: readonly Results[],
  weights: Iterable<DType>,
): OutputCheck => {
  const [first] = a
  const dtype = first?.get(name)?.dtype ?? 'float32'
  const bound = boundFor(dtype, weights)
  const differences = a.map((results, i) =>
    compareResults(results.get(name) as Result, b[i]?.get(name) as Result),
  )
  const worst = differences.reduce(worseOf)
  return { name, dtype, ...worst, bound, passed: worst.problem === undefined && worst.relative <= bound }
}

const largest = (outputs: readonly OutputCheck[], which: 'absolute' | 'relative'): number =>
  outputs.reduce((max, output) => Math.max(max, output[which]), 0)

const verdict = (outputs: readonly OutputCheck[]): Pick<Check, 'status' | 'reason'> => {
  if (!outputs.every(({ passed }) => passed)) return { status: 'failed' }
  if (outputs.some(({ compared }) => compared > 0)) return { status: 'passed' }
  return { status: 'unchecked', reason: 'both models give nothing but NaN, infinities or empty outputs' }
}

const rowsOf = (feeds: Feeds | undefined): number => {
  const [[, feed] = []] = feeds ?? []
  return feed?.shape[0] ?? 0
}

const compareTrial = (
  names: readonly string[],
  { batches, results }: Trial,
  others: readonly Results[],
  options: CheckOptions,
): Check => {
  const outputs = names.map((name) => compareOutput(name, results, others, options.weights))
  const { inputBatches: files } = options
  const inputs = [...(batches[0] ?? [])].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  const { absolute, relative } = {
    absolute: largest(outputs, 'absolute'),
    relative: largest(outputs, 'relative'),
  }
  return {
    ...verdict(outputs),
    seed: options.seed,
    batches: distributions.length,
    realInputs: rowsOf(options.realInputs),
    ...(files && { inputFiles: { folder: files.folder, batches: files.batches.length } }),
    inputs,
    outputs,
    absolute,
    relative,
  }
}

/** A check, and the sizes that it ran with if it ran. */
export interface Checked {
  readonly check: Check
  readonly sizes?: Sizes
}

/**
 * Runs two models on the same seeded random inputs, and on real ones if there are, and compares every output.
 *
 * Never throws because of what the models do: where the first cannot be run, nothing is checked; where only the second
 * cannot, the check has failed.
 *
 * @throws NnfuseError `UNKNOWN_DIM` for a given size that the model does not leave open.
 */
export const checkModels = async (
  a: LoadedModel,
  b: LoadedModel,
  options: CheckOptions,
): Promise<Checked> => {
  const trial = await firstThatRuns(a, options)
  if ('reason' in trial) {
    return { check: unchecked(options.seed, trial.reason, dimHint(a.inputs, options.sizes)) }
  }
  const names = a.outputs.map(({ name }) => name)
  try {
    const others = await runAll(b, trial.batches)
    return { check: compareTrial(names, trial, others, options), sizes: trial.sizes }
  } catch (error) {
    return { check: failedCheck(options.seed, messageOf(error)), sizes: trial.sizes }
  }
}
