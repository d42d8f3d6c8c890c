import { type Feeds, type LoadedModel, loadModel, type Optimizations } from './loaded-model.js'

/** Milliseconds of one model under one setting. */
export interface ModelTimes {
  /** Loading the file, the median. */
  readonly load: number
  /** One run, the median. */
  readonly run: number
}

/** Both models under the same setting of ONNX Runtime. */
export interface LatencyRow {
  readonly optimizations: Optimizations
  /** How often each model ran; fewer than asked for where a run is slow. */
  readonly runs: number
  readonly before: ModelTimes
  readonly after: ModelTimes
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** One row may take this long; slow models get fewer runs, but at least three. */
const secondsPerRow = 3
const fewestRuns = 3

/** Loading is measured a few times too, unless it is slow. */
const loads = 5
const secondsPerLoads = 1

type Pair<T> = readonly [before: T, after: T]

/**
 * Times two things in turn, each first every other time, so that a machine that slows down slows both. Stops early
 * when it takes too long, but not before it has done each `least` times.
 */
const interleave = async (
  jobs: Pair<() => Promise<number>>,
  times: number,
  least: number,
  seconds: number,
): Promise<Pair<number[]>> => {
  const taken: Pair<number[]> = [[], []]
  const deadline = performance.now() + seconds * 1000
  for (let i = 0; i < times; i += 1) {
    if (i >= Math.min(times, least) && performance.now() > deadline) break
    for (const which of i % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const))
      taken[which].push(await jobs[which]())
  }
  return taken
}

const timeOfRun = async (model: LoadedModel, feeds: Feeds): Promise<number> => {
  const started = performance.now()
  await model.run(feeds)
  return performance.now() - started
}

const timeOfLoading = async (path: string, optimizations: Optimizations): Promise<number> => {
  const model = await loadModel(path, optimizations)
  await model.release()
  return model.loadTime
}

const timeRuns = async (
  paths: Pair<string>,
  feeds: Feeds,
  runs: number,
  optimizations: Optimizations,
): Promise<Pair<number[]>> => {
  const models: LoadedModel[] = []
  try {
    for (const path of paths) models.push(await loadModel(path, optimizations))
    const [before, after] = models as [LoadedModel, LoadedModel]
    for (const model of models) await timeOfRun(model, feeds) // the first run allocates
    return await interleave(
      [() => timeOfRun(before, feeds), () => timeOfRun(after, feeds)],
      runs,
      fewestRuns,
      secondsPerRow,
    )
  } finally {
    for (const model of models) await model.release()
  }
}

/**
 * How long loading and running two models takes, as measured here and now.
 *
 * @throws NnfuseError `CANNOT_RUN` in ONNX Runtime's words.
 */
export const measureLatency = async (
  paths: Pair<string>,
  feeds: Feeds,
  runs: number,
  optimizations: Optimizations,
): Promise<LatencyRow> => {
  const [before, after] = await timeRuns(paths, feeds, runs, optimizations)
  const [first, second] = paths
  const loading = [
    () => timeOfLoading(first, optimizations),
    () => timeOfLoading(second, optimizations),
  ] as const
  const [loadBefore, loadAfter] = await interleave(loading, loads, 1, secondsPerLoads)
  return {
    optimizations,
    runs: before.length,
    before: { load: median(loadBefore), run: median(before) },
    after: { load: median(loadAfter), run: median(after) },
  }
}
