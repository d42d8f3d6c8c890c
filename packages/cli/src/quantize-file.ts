import { basename } from 'node:path'
import type { Model } from '@nnfuse/ir'
import { onnxCounts, opsetOf } from '@nnfuse/onnx'
import { filesOfModel, readOnnx, writeOnnx } from '@nnfuse/onnx/node'
import type { Plugin } from '@nnfuse/pass-manager'
import { prepareQat, type QConfigMapping, quantizeDynamic, quantizeWeights } from '@nnfuse/quantization'
import { fuse } from 'nnfuse'
import { nothingQuantized } from './errors.js'
import { checkOutput, defaultOutput } from './files/output-file.js'
import { withTemporaryFolder } from './files/temporary-folder.js'
import type { FileCounts } from './fuse-file-result.js'
import { noProgress, type Progress } from './progress.js'
import { type Calibrated, calibrated } from './quantize/calibrated.js'
import { type LayerOutcome, mappingFor, outcomesOf } from './quantize/chosen-layers.js'
import { configFor, type Method, type WeightFormat, weightFormat } from './quantize/method.js'
import { openInFolder } from './quantize/open-in-folder.js'

/** What `quantizeFile` can be told; `nnfuse quantize` has an option for each. */
export interface QuantizeFileOptions {
  /** Folder with inputs to calibrate with; null quantizes without: weights only, unless `dynamic` says otherwise. */
  readonly calibrate: string | null
  /** Quantize linear layers, and the values that go into them as they come. Default false. */
  readonly dynamic?: boolean
  /** Of weights, where only they are quantized. Default 8. */
  readonly bits?: 4 | 8
  /** Default: `<name>.int8.onnx` beside the input, or `<name>.int4.onnx`. */
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
export interface QuantizeFileResult extends WeightFormat {
  readonly input: string
  readonly output: string
  readonly opset: number
  readonly method: Method
  readonly before: FileCounts
  readonly after: FileCounts
  /** How many batches of inputs were used; 0 where none are needed. */
  readonly batches: number
  readonly layers: readonly LayerOutcome[]
  /** Signal-to-noise ratio of the outputs on the calibration inputs; null where there are none, or nothing differs. */
  readonly decibels: number | null
  /** The most sensitive layer first; null where nothing changes. */
  readonly sensitivity?: readonly { readonly path: string; readonly decibels: number | null }[]
}

interface Work {
  readonly input: string
  readonly output: string
  readonly original: Model
  readonly fused: Model
  readonly method: Method
  readonly format: WeightFormat
  /** Quantized, or prepared for calibration. */
  readonly prepared: Model
  readonly options: QuantizeFileOptions
}

const methodOf = ({ calibrate, dynamic = false }: QuantizeFileOptions): Method => {
  if (calibrate !== null) return 'static'
  return dynamic ? 'dynamic' : 'weights'
}

const preparedBy = (
  method: Method,
  fused: Model,
  mapping: QConfigMapping,
  { blockSize }: WeightFormat,
): Model => {
  if (method === 'static') return prepareQat(fused, mapping)
  if (method === 'dynamic') return quantizeDynamic(fused, mapping)
  return quantizeWeights(fused, mapping, blockSize === null ? {} : { blockSize })
}

const integersOf = async (work: Work, folder: string): Promise<Calibrated> => {
  const { prepared, options } = work
  const { calibrate, sensitivity = false, onProgress: progress = noProgress } = options
  if (calibrate === null) return { model: prepared, batches: 0, decibels: null }
  return await calibrated({ ...work, folder: calibrate, sensitivity, progress }, openInFolder(folder))
}

const quantizeInto = async (folder: string, target: string, work: Work): Promise<QuantizeFileResult> => {
  const { input, output, original, fused, prepared, method, format, options } = work
  const { model, ...found } = await integersOf(work, folder)
  options.onProgress?.('writing')
  const after = await writeOnnx(model, target)
  return {
    input,
    output,
    opset: opsetOf(original),
    method,
    ...format,
    before: onnxCounts(original),
    after,
    layers: outcomesOf(fused, prepared, method),
    ...found,
  }
}

const checkAny = ({ input, method, fused, prepared }: Work): void => {
  const layers = outcomesOf(fused, prepared, method)
  if (!layers.some(({ quantized }) => quantized)) throw nothingQuantized(input, method, layers)
}

/**
 * Quantizes an ONNX file to integers after fusing it, without training. With a folder of inputs, ranges come from running
 * the float model on them. The output appears under its name when everything is done.
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
  const { skip = [], skipFirst = false, skipLast = false, plugins, bits = 8 } = options
  const { output = defaultOutput(input, `int${bits}`) } = options
  options.onProgress?.(`reading ${basename(input)}`)
  const original = await readOnnx(input)
  const target = await checkOutput(output, [input, ...filesOfModel(original).map(({ path }) => path)])
  const fused = fuse(original, plugins && { plugins }).model
  const method = methodOf(options)
  const format = weightFormat(method, opsetOf(original), bits)
  const mapping = mappingFor(fused, { skip, skipFirst, skipLast }, method, configFor(format))
  const prepared = preparedBy(method, fused, mapping, format)
  const work: Work = { input, output, original, fused, method, format, prepared, options }
  checkAny(work)
  return await withTemporaryFolder(target, (folder) => quantizeInto(folder, target, work))
}
