import { floatTensor, type Model, type Tensor } from '@nnfuse/ir'
import { observe } from '@nnfuse/quantization'
import { type ValueAndGradResult, valueAndGrad } from '@nnfuse/runtime'
import { Adam } from './adam.js'
import { crossEntropy } from './cross-entropy.js'
import { classCount, drawShapes, type Pictures, type Random } from './draw-shapes.js'

export interface FineTuneOptions {
  readonly steps: number
  readonly batchSize: number
  /** How far Adam goes at first; it goes down to nothing along half a cosine. */
  readonly rate: number
  readonly random: Random
  readonly onLoss?: (loss: number, step: number) => void
}

const oneHot = (labels: readonly number[]): Tensor =>
  floatTensor(
    labels.flatMap((label) => Array.from({ length: classCount }, (_, i) => (i === label ? 1 : 0))),
    [labels.length, classCount],
  )

const lossAndGradients = (
  model: Model,
  { data, shape, labels }: Pictures,
): Promise<ValueAndGradResult<Model>> =>
  valueAndGrad(model, [{ data, shape }], crossEntropy, { targets: [oneHot(labels)] })

/** The loss of a model that stands still. */
export const lossOn = async (model: Model, pictures: Pictures): Promise<number> =>
  (await lossAndGradients(model.with(observe(model.root, false)), pictures)).value

/** Trains a prepared model on pictures that nobody has seen before. */
export const fineTune = async (
  prepared: Model,
  { steps, batchSize, rate, random, onLoss }: FineTuneOptions,
): Promise<Model> => {
  const adam = new Adam()
  let model = prepared
  for (let step = 0; step < steps; step += 1) {
    const found = await lossAndGradients(model, drawShapes(random, batchSize))
    onLoss?.(found.value, step)
    const now = (rate * (1 + Math.cos((Math.PI * step) / steps))) / 2
    model = await adam.step(found.model, found.gradients, now)
  }
  return model
}
