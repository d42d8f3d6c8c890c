import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Model } from '@nnfuse/ir'
import { onnxCounts } from '@nnfuse/onnx'
import { readOnnx } from '@nnfuse/onnx/node'
import { type LayerNoise, layerNoise } from './compare/layer-noise.js'
import { checkNames, type Latency } from './evaluate-models.js'
import { withTemporaryFolder } from './files/temporary-folder.js'
import type { FileCounts } from './fuse-file-result.js'
import { shapelessInputs } from './model-facts.js'
import { noProgress, type Progress } from './progress.js'
import { openInFolder } from './quantize/open-in-folder.js'
import { type RealInputs, readRealInputs, tensorsFor } from './quantize/real-inputs.js'
import { type Accuracy, measureAccuracy } from './runtime/accuracy.js'
import { measureLatency } from './runtime/latency.js'
import { type Feed, type Feeds, type LoadedModel, loadModel } from './runtime/loaded-model.js'

/** What `compareFiles` compares two models on; `nnfuse compare` has an option for each. */
export interface CompareFilesOptions {
  /** Folder with inputs: `inputs.npy` and `labels.npy`, or a file for each input, or folders of them. */
  readonly data: string
  /** How often each model runs to be timed. Default 100; 0 for not at all. */
  readonly runs?: number
  readonly onProgress?: Progress
}

/** What {@link compareFiles} found, as plain JSON data. */
export interface CompareFilesResult {
  readonly a: string
  readonly b: string
  readonly sizes: { readonly a: FileCounts; readonly b: FileCounts }
  /** How many batches the layers were compared on. */
  readonly batches: number
  /** Values that have one name in both models, in the order in which the first computes them. */
  readonly layers: readonly LayerNoise[]
  readonly accuracy?: Accuracy
  readonly latency?: Latency
}

/** Every value of both models is in memory for each of them. */
const batchesForLayers = 2

type Pair<T> = readonly [a: T, b: T]

interface Work {
  readonly paths: Pair<string>
  readonly models: Pair<Model>
  readonly loaded: Pair<LoadedModel>
  readonly real: RealInputs
  readonly runs: number
  readonly progress: Progress
}

const layersOf = ({ models: [a, b], real, progress }: Work): Promise<LayerNoise[]> => {
  progress('comparing layers')
  const batches = real.batches
    .slice(0, batchesForLayers)
    .map((feeds) => [tensorsFor(a, feeds), tensorsFor(b, feeds)] as const)
  return withTemporaryFolder(join(tmpdir(), 'compare'), (folder) =>
    layerNoise(a, b, batches, openInFolder(folder)),
  )
}

/** The first of so many inputs, where the model leaves open how many there are. */
const single = (feed: Feed, size: number | string | undefined): Feed => {
  const [count = 1, ...rest] = feed.shape
  if (typeof size !== 'string' || count < 1) return feed
  return { ...feed, shape: [1, ...rest], bytes: feed.bytes.slice(0, feed.bytes.length / count) }
}

const latencyOf = async ({ paths, loaded: [a], real, runs, progress }: Work): Promise<Latency> => {
  progress('measuring latency')
  const feeds: Feeds = new Map(
    a.inputs.map(({ name, shape }) => [name, single(real.batches[0]?.get(name) as Feed, shape[0])]),
  )
  const rows = [await measureLatency(paths, feeds, runs, 'all')]
  return { inputs: [...feeds.values()].map(({ shape }) => shape), rows }
}

const accuracyOf = async ({ loaded: [a, b], real, progress }: Work): Promise<Accuracy | undefined> => {
  if (real.labelled === undefined) return undefined
  const { input, data } = real.labelled
  return await measureAccuracy(a, b, input, data, (done) =>
    progress(`counting right answers (${done} of ${data.count})`),
  )
}

const compare = async (work: Work): Promise<CompareFilesResult> => {
  const {
    paths: [a, b],
    models,
    real,
  } = work
  const layers = await layersOf(work)
  const accuracy = await accuracyOf(work)
  const latency = work.runs > 0 ? await latencyOf(work) : undefined
  return {
    a,
    b,
    sizes: { a: onnxCounts(models[0]), b: onnxCounts(models[1]) },
    batches: Math.min(real.batches.length, batchesForLayers),
    layers,
    ...(accuracy && { accuracy }),
    ...(latency && { latency }),
  }
}

/**
 * Compares an ONNX file with one that was made from it and computes about the same: right answers, how far each layer
 * is from what it was, size and time.
 *
 * @returns what was found; unlike `verifyFiles` it passes no judgement.
 * @throws NnfuseError `NAMES_DIFFER` for models with other inputs or outputs, and whatever is wrong with the files
 */
export const compareFiles = async (
  a: string,
  b: string,
  { data, runs = 100, onProgress = noProgress }: CompareFilesOptions,
): Promise<CompareFilesResult> => {
  onProgress('reading')
  const models = [await readOnnx(a), await readOnnx(b)] as const
  const loaded: LoadedModel[] = []
  try {
    for (const path of [a, b]) loaded.push(await loadModel(path, 'all'))
    const pair = loaded as [LoadedModel, LoadedModel]
    checkNames(...pair)
    const real = await readRealInputs(pair[0], data, shapelessInputs(models[0]))
    return await compare({ paths: [a, b], models, loaded: pair, real, runs, progress: onProgress })
  } finally {
    for (const model of loaded) await model.release()
  }
}
