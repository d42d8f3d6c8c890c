import { readFile } from 'node:fs/promises'
import { floatTensor, type Model, type Tensor } from '@nnfuse/ir'
import { importOnnx, serializeOnnx } from '@nnfuse/onnx'
import {
  calibrate,
  convert,
  prepareQat,
  type QConfig,
  qconfigs,
  quantizeDynamic,
  quantizeWeights,
  toFloat,
} from '@nnfuse/quantization'
import { fuse, qatPlugins } from 'nnfuse'
import { drawShapes, type Pictures, Random } from './draw-shapes.js'
import { fineTune, lossOn } from './fine-tune.js'
import { type Measured, measure, openOnnxRuntime } from './onnx-runtime.js'

export interface Experiment {
  /** Of the model with 4-bit weights; that with 8 bits has little to regain: an eighth of them, and smaller ones. */
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

/** The model before and after training on while its weights are quantized in each forward. */
const trained = async (model: Model, config: QConfig, experiment: Experiment & { readonly rate: number }) => {
  const prepared = prepareQat(fuse(model, { plugins: qatPlugins() }).model, { default: config })
  const calibrated = await calibrate(prepared, samples(4), openOnnxRuntime)
  return { calibrated, tuned: await fineTune(calibrated, { ...experiment, random: new Random(2) }) }
}

/**
 * Weights of 4 bits, two to a byte, in a model that computes with floats: as a file of its own, since that of the model is
 * of an older opset.
 */
const packed = ({ root }: Model): Promise<Uint8Array> =>
  serializeOnnx(quantizeWeights(root, { default: fourBits(int8) }), { opset: 21 })

/** The example model, as it is and quantized in many ways, measured on the test pictures. */
export const quantizeEveryWay = async (
  path: string,
  test: Pictures,
  experiment: Experiment,
): Promise<Outcome> => {
  const float = new Uint8Array(await readFile(path))
  const model = await importOnnx(float)
  const fused = fuse(model).model
  const few = { ...experiment, steps: Math.ceil(experiment.steps / 8), rate: 1e-4 }
  const eight = await trained(model, qconfigs.qat.onnxruntime, few)
  const four = await trained(model, fourBits(qconfigs.qat.onnxruntime), { ...experiment, rate: 1e-3 })
  const files: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['float', float],
    ['fused', await serializeOnnx(fused)],
    ['8 bits, linear layers dynamically', await serializeOnnx(quantizeDynamic(fused))],
    ['8 bits, not trained', await statically(fused, int8)],
    ['8 bits, trained', await serializeOnnx(convert(eight.tuned))],
    ['4-bit weights, not trained', await statically(fused, fourBits(int8))],
    ['4-bit weights, trained', await serializeOnnx(convert(four.tuned))],
    ['4-bit weights, trained, values in float', await packed(toFloat(four.tuned))],
  ]
  return {
    rows: await measure(files, test),
    lossBefore: await lossOn(four.calibrated, drawShapes(new Random(3), 100)),
    lossAfter: await lossOn(four.tuned, drawShapes(new Random(3), 100)),
  }
}
