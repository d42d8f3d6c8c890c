import type { Model, Tensor } from '@nnfuse/ir'
import {
  calibrate,
  convert,
  type LayerSensitivity,
  layerSensitivity,
  type OpenModel,
  outputDecibels,
} from '@nnfuse/quantization'
import { plainDecibels } from '../compare/plain-decibels.js'
import { shapelessInputs } from '../model-facts.js'
import type { Progress } from '../progress.js'
import { loadModel } from '../runtime/loaded-model.js'
import { readRealInputs, tensorsFor } from './real-inputs.js'

/** What is to be calibrated, and with what. */
export interface Calibration {
  /** Path of the file. */
  readonly input: string
  /** The model of the file, fused, and fused and prepared. */
  readonly original: Model
  readonly fused: Model
  readonly prepared: Model
  /** With the inputs. */
  readonly folder: string
  readonly sensitivity: boolean
  readonly progress: Progress
}

/** The model of integers, and what calibrating has shown. */
export interface Calibrated {
  readonly model: Model
  readonly batches: number
  readonly decibels: number | null
  readonly sensitivity?: readonly { readonly path: string; readonly decibels: number | null }[]
}

/** So many batches tell what a layer costs. */
const batchesForSensitivity = 2

const readBatches = async ({ input, original, folder }: Calibration): Promise<Tensor[][]> => {
  const model = await loadModel(input, 'disabled')
  try {
    const { batches } = await readRealInputs(model, folder, shapelessInputs(original))
    return batches.map((feeds) => tensorsFor(original, feeds))
  } finally {
    await model.release()
  }
}

const plainRows = (rows: readonly LayerSensitivity[]): NonNullable<Calibrated['sensitivity']> =>
  rows.map(({ path, decibels }) => ({ path, decibels: plainDecibels(decibels) }))

/** Runs a float model on inputs of a folder, and makes integers of it by the ranges that were seen. */
export const calibrated = async (work: Calibration, open: OpenModel): Promise<Calibrated> => {
  const { prepared, fused, sensitivity, progress } = work
  const batches = await readBatches(work)
  progress(`calibrating with ${batches.length} batches`)
  const observed = await calibrate(prepared, batches, open)
  const model = convert(observed)
  const few = batches.slice(0, batchesForSensitivity)
  progress('comparing with the float model')
  const decibels = plainDecibels(await outputDecibels(fused, model, few, open))
  if (!sensitivity) return { model, batches: batches.length, decibels }
  progress('quantizing each layer alone')
  const rows = plainRows(await layerSensitivity(observed, few, open))
  return { model, batches: batches.length, decibels, sensitivity: rows }
}
