import { basename } from 'node:path'
import type { Model, Tensor } from '@nnfuse/ir'
import { onnxCounts, opsetOf } from '@nnfuse/onnx'
import { filesOfModel, readOnnx, writeOnnx } from '@nnfuse/onnx/node'
import type { Plugin } from '@nnfuse/pass-manager'
import {
  calibrate,
  convert,
  type LayerSensitivity,
  layerSensitivity,
  type OpenModel,
  outputDecibels,
  prepareQat,
  type QConfig,
  qconfigs,
} from '@nnfuse/quantization'
import { fuse } from 'nnfuse'
import { nothingQuantized } from './errors.js'
import { checkOutput, defaultOutput } from './files/output-file.js'
import { withTemporaryFolder } from './files/temporary-folder.js'
import type { FileCounts } from './fuse-file-result.js'
import { shapelessInputs } from './model-facts.js'
import { noProgress, type Progress } from './progress.js'
import { type LayerOutcome, mappingFor, outcomesOf } from './quantize/chosen-layers.js'
import { openInFolder } from './quantize/open-in-folder.js'
import { readRealInputs, tensorsFor } from './quantize/real-inputs.js'
import { loadModel } from './runtime/loaded-model.js'

export interface QuantizeFileOptions {
  /** Folder with inputs to calibrate with; null quantizes the weights only. */
  readonly calibrate: string | null
  /** Default: `<name>.int8.onnx` beside the input. */
  readonly output?: string
  /** Layers that stay in float, by path in the fused model, or by the path of what they are in. */
  readonly skip?: readonly string[]
  /** Leave the first layers with a weight in float. Default false. */
  readonly skipFirst?: boolean
  /** Leave the last layers with a weight in float. Default false. */
  readonly skipLast?: boolean
  /** Also quantize each layer alone and measure what that costs. Default false. */
  readonly sensitivity?: boolean
  /** Default: `defaultPlugins()`. */
  readonly plugins?: readonly Plugin[]
  readonly onProgress?: Progress
}

/** What `quantizeFile` did, as plain JSON data. */
export interface QuantizeFileResult {
  readonly input: string
  readonly output: string
  readonly opset: number
  readonly before: FileCounts
  readonly after: FileCounts
  /** Whether weights have a scale for each channel; files older than opset 13 have one a layer. */
  readonly perChannel: boolean
  /** How many batches of inputs were used; 0 where weights only were quantized. */
  readonly batches: number
  readonly layers: readonly LayerOutcome[]
  /** Signal-to-noise ratio of the outputs on the calibration inputs; null where there are none, or nothing differs. */
  readonly decibels: number | null
  /** The most sensitive layer first; null where nothing changes. */
  readonly sensitivity?: readonly { readonly path: string; readonly decibels: number | null }[]
}

/** So many batches tell what a layer costs. */
const batchesForSensitivity = 2

interface Work {
  readonly input: string
  readonly original: Model
  readonly fused: Model
  readonly prepared: Model
  readonly options: QuantizeFileOptions
  readonly progress: Progress
}

const hasScalesPerChannel = (model: Model): boolean => opsetOf(model) >= 13

/** What ONNX Runtime's kernels take, as far as the file's opset can say it. */
const configFor = (model: Model): QConfig => {
  const { activation, weight } = qconfigs.calibration.onnxruntime
  return hasScalesPerChannel(model)
    ? { activation, weight }
    : { activation, weight: { ...weight, axis: null } }
}

const finite = (decibels: number): number | null => (Number.isFinite(decibels) ? decibels : null)

const readBatches = async ({ input, original }: Work, folder: string): Promise<Tensor[][]> => {
  const model = await loadModel(input, 'disabled')
  try {
    const { batches } = await readRealInputs(model, folder, shapelessInputs(original))
    return batches.map((feeds) => tensorsFor(original, feeds))
  } finally {
    await model.release()
  }
}

const plainRows = (rows: readonly LayerSensitivity[]): QuantizeFileResult['sensitivity'] =>
  rows.map(({ path, decibels }) => ({ path, decibels: finite(decibels) }))

interface Integers extends Pick<QuantizeFileResult, 'batches' | 'decibels' | 'sensitivity'> {
  readonly model: Model
}

const calibrated = async (work: Work, folder: string, open: OpenModel): Promise<Integers> => {
  const { prepared, fused, options, progress } = work
  const batches = await readBatches(work, folder)
  progress(`calibrating with ${batches.length} batches`)
  const observed = await calibrate(prepared, batches, open)
  const model = convert(observed)
  const few = batches.slice(0, batchesForSensitivity)
  progress('comparing with the float model')
  const decibels = finite(await outputDecibels(fused, model, few, open))
  if (!options.sensitivity) return { model, batches: batches.length, decibels }
  progress('quantizing each layer alone')
  const sensitivity = plainRows(await layerSensitivity(observed, few, open))
  return { model, batches: batches.length, decibels, ...(sensitivity && { sensitivity }) }
}

const quantizeInto = async (
  folder: string,
  target: string,
  output: string,
  work: Work,
): Promise<QuantizeFileResult> => {
  const { input, original, fused, prepared, options, progress } = work
  const { model, ...found }: Integers =
    options.calibrate === null
      ? { model: convert(prepared), batches: 0, decibels: null }
      : await calibrated(work, options.calibrate, openInFolder(folder))
  progress('writing')
  const after = await writeOnnx(model, target)
  return {
    input,
    output,
    opset: opsetOf(original),
    perChannel: hasScalesPerChannel(original),
    before: onnxCounts(original),
    after,
    layers: outcomesOf(fused, prepared),
    ...found,
  }
}

/**
 * Quantizes an ONNX file to 8-bit integers after fusing it, without training: ranges come from running the float model
 * on inputs of a folder. The output appears under its name when everything is done.
 *
 * @throws NnfuseError `UNKNOWN_LAYER`, `NOTHING_QUANTIZED`, and whatever is wrong with the files
 * @example
 * ```ts
 * const { decibels, layers } = await quantizeFile('net.onnx', { calibrate: 'samples' })
 * ```
 */
export const quantizeFile = async (
  input: string,
  options: QuantizeFileOptions,
): Promise<QuantizeFileResult> => {
  const { skip = [], skipFirst = false, skipLast = false, plugins, onProgress = noProgress } = options
  const { output = defaultOutput(input, 'int8') } = options
  onProgress(`reading ${basename(input)}`)
  const original = await readOnnx(input)
  const target = await checkOutput(output, [input, ...filesOfModel(original).map(({ path }) => path)])
  const fused = fuse(original, plugins && { plugins }).model
  const mapping = mappingFor(fused, { skip, skipFirst, skipLast }, configFor(original))
  const prepared = prepareQat(fused, mapping, { activations: options.calibrate !== null })
  if (!outcomesOf(fused, prepared).some(({ quantized }) => quantized)) throw nothingQuantized(input)
  const work = { input, original, fused, prepared, options, progress: onProgress }
  return await withTemporaryFolder(target, (folder) => quantizeInto(folder, target, output, work))
}
