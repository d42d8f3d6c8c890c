import type { DType } from '@nnfuse/ir'
import { type Check, failedCheck, unchecked } from './check/check.js'
import { type Checked, checkModels } from './check/check-models.js'
import { type Sizes, shapeWith } from './check/open-sizes.js'
import { randomFeeds } from './check/random-inputs.js'
import { randomSource } from './check/random-source.js'
import { dataBatches, dataInput, sizesFromData } from './data/data-feeds.js'
import { type InputBatches, readInputBatches } from './data/input-batches.js'
import type { InputFolder } from './data/input-folder.js'
import type { LabelledData } from './data/labelled-data.js'
import { messageOf, namesDiffer } from './errors.js'
import type { Progress } from './progress.js'
import { type Accuracy, measureAccuracy } from './runtime/accuracy.js'
import { type LatencyRow, measureLatency } from './runtime/latency.js'
import {
  type Feeds,
  type LoadedModel,
  loadModel,
  type Optimizations,
  type ValueInfo,
} from './runtime/loaded-model.js'

export interface EvaluateOptions {
  readonly seed: number
  /** Sizes given for what the models leave open. */
  readonly sizes: Sizes
  /** Dtypes of the weights; they bound how exact the outputs can be. */
  readonly weights: Iterable<DType>
  readonly data?: LabelledData | undefined
  /** Files with inputs to compare on. */
  readonly inputs?: InputFolder | undefined
  /** Inputs whose shape the first model does not state. */
  readonly shapeless?: ReadonlySet<string>
  /** How often each model runs to be timed; 0 for not at all. */
  readonly runs: number
  readonly progress: Progress
}

/** Times as measured, and the shapes of the inputs they were measured with. */
export interface Latency {
  readonly inputs: readonly (readonly number[])[]
  readonly rows: readonly LatencyRow[]
}

/** What running two models showed. */
export interface Evaluation {
  readonly check: Check
  readonly accuracy?: Accuracy
  readonly latency?: Latency
}

const namesOf = (values: readonly ValueInfo[]): string[] => values.map(({ name }) => name)

/** @throws NnfuseError `NAMES_DIFFER` where two models cannot be compared at all. */
export const checkNames = (a: LoadedModel, b: LoadedModel): void => {
  for (const what of ['inputs', 'outputs'] as const) {
    const [first, second] = [namesOf(a[what]), namesOf(b[what])]
    const same = first.length === second.length && first.every((name) => second.includes(name))
    if (!same) throw namesDiffer(what, first, second)
  }
}

interface RealData {
  readonly data: LabelledData
  readonly input: ValueInfo
}

const realDataFor = (model: LoadedModel, data: LabelledData | undefined): RealData | undefined =>
  data === undefined ? undefined : { data, input: dataInput(model, data) }

const check = async (
  a: LoadedModel,
  b: LoadedModel,
  real: RealData | undefined,
  inputBatches: InputBatches | undefined,
  options: EvaluateOptions,
): Promise<Checked> => {
  const { seed, weights } = options
  const settled = real === undefined ? [] : sizesFromData(real.input, real.data)
  const sizes = new Map([...settled, ...(inputBatches?.sizes ?? []), ...options.sizes])
  const [first] = real === undefined ? [] : dataBatches(real.input, real.data)
  return await checkModels(a, b, {
    seed,
    sizes,
    weights,
    inputBatches,
    ...(first && { realInputs: first.feeds }),
  })
}

const accuracyOf = (
  a: LoadedModel,
  b: LoadedModel,
  { input, data }: RealData,
  { progress }: EvaluateOptions,
): Promise<Accuracy> =>
  measureAccuracy(a, b, input, data, (done) => progress(`counting right answers (${done} of ${data.count})`))

/** Without first: that is where fusing shows. With: that is what users run. */
const settings: readonly Optimizations[] = ['disabled', 'all']

/** One input at a time is what latency means, where the model leaves the batch open. */
const singleFeeds = ({ inputs }: LoadedModel, sizes: Sizes, seed: number): Feeds => {
  const shapeOf = (input: ValueInfo): readonly number[] => {
    const [, ...rest] = shapeWith(sizes, input)
    return typeof input.shape[0] === 'string' ? [1, ...rest] : shapeWith(sizes, input)
  }
  return randomFeeds(inputs, shapeOf, 'normal', randomSource(seed))
}

const latencyOf = async (
  paths: Pair<string>,
  model: LoadedModel,
  sizes: Sizes,
  options: EvaluateOptions,
): Promise<Latency> => {
  const feeds = singleFeeds(model, sizes, options.seed)
  const rows: LatencyRow[] = []
  for (const setting of settings) {
    options.progress(`measuring latency (${rows.length + 1} of ${settings.length})`)
    rows.push(await measureLatency(paths, feeds, options.runs, setting))
  }
  return { inputs: [...feeds.values()].map(({ shape }) => shape), rows }
}

type Pair<T> = readonly [before: T, after: T]

const evaluateLoaded = async (
  paths: Pair<string>,
  [first, b]: Pair<LoadedModel>,
  options: EvaluateOptions,
): Promise<Evaluation> => {
  checkNames(first, b)
  const inputBatches =
    options.inputs && (await readInputBatches(first.inputs, options.inputs, options.shapeless))
  const a = inputBatches ? { ...first, inputs: inputBatches.inputs } : first
  const real = realDataFor(a, options.data)
  options.progress('checking: running both models on the same inputs')
  const { check: result, sizes } = await check(a, b, real, inputBatches, options)
  if (result.status !== 'passed' || sizes === undefined) return { check: result }
  const accuracy = real && (await accuracyOf(a, b, real, options))
  // Timing proves nothing: where it fails, for one input at a time say, there are no times, and that is all.
  const latency =
    options.runs > 0 ? await latencyOf(paths, a, sizes, options).catch(() => undefined) : undefined
  return { check: result, ...(accuracy && { accuracy }), ...(latency && { latency }) }
}

const closing = async <T>(model: LoadedModel, use: () => Promise<T>): Promise<T> => {
  try {
    return await use()
  } finally {
    await model.release()
  }
}

type Opened = LoadedModel | { readonly reason: string }

const open = (path: string): Promise<Opened> =>
  loadModel(path, 'disabled').catch((error: unknown) => ({ reason: messageOf(error) }))

/**
 * Runs two model files on the same inputs: compares their outputs, counts right answers, takes times.
 *
 * @throws NnfuseError `NAMES_DIFFER`, `UNKNOWN_DIM`, `BAD_DATA`, and what `readInputBatches` throws; what ONNX
 * Runtime refuses is part of the result.
 */
export const evaluateModels = async (
  before: string,
  after: string,
  options: EvaluateOptions,
): Promise<Evaluation> => {
  const a = await open(before)
  if ('reason' in a) return { check: unchecked(options.seed, a.reason) }
  return await closing(a, async () => {
    const b = await open(after)
    if ('reason' in b) return { check: failedCheck(options.seed, b.reason) }
    return await closing(b, () => evaluateLoaded([before, after], [a, b], options))
  })
}
