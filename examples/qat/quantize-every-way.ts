import { readFile } from 'node:fs/promises'
import { floatTensor, type Model, type Tensor } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { calibrate, convert, prepareQat, type QConfig, qconfigs } from '@nnfuse/quantization'
import { fuse, qatPlugins } from 'nnfuse'
import { drawShapes, type Pictures, Random } from './draw-shapes.js'
import { fineTune, lossOn } from './fine-tune.js'
import { type Measured, measure, openOnnxRuntime } from './onnx-runtime.js'

export interface Experiment {
  readonly steps: number
  readonly batchSize: number
  readonly onLoss?: (loss: number, step: number) => void
}

export interface Outcome {
  readonly rows: readonly Measured[]
  /** The loss on pictures that training does not see, of the model with 4-bit weights. */
  readonly lossBefore: number
  readonly lossAfter: number
}

const int8 = qconfigs.calibration.onnxruntime

/** 15 steps for all weights of a layer: coarse enough that something is lost. */
const fourBits = (config: QConfig): QConfig => ({
  ...config,
  weight: { ...config.weight, dtype: 'int4', min: -7, max: 7, axis: null },
})

const samples = (count: number): Tensor[][] => {
  const random = new Random(1)
  return Array.from({ length: count }, () => {
    const { data, shape } = drawShapes(random, 50)
    return [floatTensor(data, shape)]
  })
}

/** Quantized with the ranges that it has on some pictures; no weight changes. */
const statically = async (fused: Model, config: QConfig): Promise<Uint8Array> => {
  const prepared = prepareQat(fused, { default: config })
  return serializeOnnx(convert(await calibrate(prepared, samples(4), openOnnxRuntime)))
}

/** Trained on while its weights are quantized in each forward. */
const trained = async (model: Model, config: QConfig, { steps, batchSize, onLoss }: Experiment) => {
  const prepared = prepareQat(fuse(model, { plugins: qatPlugins() }).model, { default: config })
  const calibrated = await calibrate(prepared, samples(4), openOnnxRuntime)
  const options = { steps, batchSize, rate: 1e-3, random: new Random(2), ...(onLoss && { onLoss }) }
  const tuned = await fineTune(calibrated, options)
  return {
    bytes: await serializeOnnx(convert(tuned)),
    lossBefore: await lossOn(calibrated, drawShapes(new Random(3), 100)),
    lossAfter: await lossOn(tuned, drawShapes(new Random(3), 100)),
  }
}

/** The example model, as it is and quantized in three ways, measured on the test pictures. */
export const quantizeFourWays = async (
  path: string,
  test: Pictures,
  experiment: Experiment,
): Promise<Outcome> => {
  const float = new Uint8Array(await readFile(path))
  const model = await importOnnx(float)
  const fused = fuse(model).model
  const { bytes: tuned, ...losses } = await trained(model, fourBits(qconfigs.qat.onnxruntime), experiment)
  const files: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['float', float],
    ['fused', await serializeOnnx(fused)],
    ['static int8', await statically(fused, int8)],
    ['static, 4-bit weights', await statically(fused, fourBits(int8))],
    ['trained, 4-bit weights', tuned],
  ]
  const rows: Measured[] = []
  for (const [name, bytes] of files) rows.push(await measure(name, bytes, test))
  return { rows, ...losses }
}
