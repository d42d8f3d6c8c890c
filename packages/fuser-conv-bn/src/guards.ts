import {
  type AnyModule,
  type BatchNormModule,
  isFloat,
  outputChannels,
  quantizedOf,
  rankOf,
  type Tensor,
  type WeightedModule,
} from '@nnfuse/ir'
import { decline, type Guard } from '@nnfuse/matcher'

type LayerThenNorm<Layer extends AnyModule> = readonly [Layer, BatchNormModule, ...AnyModule[]]

/** Folding freezes the statistics, so every layer must be in inference mode. */
const inInference: Guard = ({ modules, paths }) => {
  const training = modules.findIndex((module) => module.training)
  return (
    training < 0 ||
    decline(`${paths[training]} is in training mode; call inference(model) first, or fuse for QAT`)
  )
}

/** Without running statistics a batch-norm depends on the batch at hand. */
const hasRunningStats: Guard<LayerThenNorm<AnyModule>> = ({ modules: [, { attrs }], paths }) =>
  (attrs.runningMean !== null && attrs.runningVar !== null) ||
  decline(`${paths[1]} keeps no running statistics: it normalizes by each batch's own`)

const channelsAgree: Guard<LayerThenNorm<WeightedModule>> = ({ modules: [layer, bn], paths }) => {
  const [given, normalized] = [outputChannels(layer), bn.attrs.numFeatures]
  return (
    given === normalized || decline(`${paths[1]} normalizes ${normalized} channels but is given ${given}`)
  )
}

/** Batch-norm works on axis 1, which is a linear layer's output axis only where the value has two axes. */
export const linearOutputHasTwoAxes: Guard = ({ outputType, paths, asked }) => {
  const rank = rankOf(outputType(0))
  if (rank === 2 || (rank === undefined && asked)) return true
  return rank === undefined
    ? decline(`it is not known how many axes ${paths[0]} gives; state the types of the model's inputs`)
    : decline(`${paths[0]} gives ${rank} axes, so ${paths[1]} normalizes axis 1 and not the features`)
}

const isFloatTensor = (tensor: Tensor | null): boolean => tensor === null || isFloat(tensor.dtype)

/** float8, 4-bit and integer weights pass through unread. */
const weightsAreFloats: Guard<LayerThenNorm<WeightedModule>> = ({
  modules: [layer, { attrs: bn }],
  paths,
}) => {
  const tensors = [layer.attrs.weight, layer.attrs.bias, bn.weight, bn.bias, bn.runningMean, bn.runningVar]
  return (
    tensors.every(isFloatTensor) || decline(`the weights of ${paths[0]} and ${paths[1]} are not all floats`)
  )
}

/** Their bits would be gone: `@nnfuse/fuser-affine` multiplies the scale instead. */
const isStoredAsFloats: Guard<LayerThenNorm<WeightedModule>> = ({ modules: [layer], paths }) =>
  quantizedOf(layer.attrs.weight) === undefined || decline(`the weight of ${paths[0]} is quantized`)

/** What every rule that folds asks of the two layers, the first of what is matched. */
export const foldable: readonly Guard<LayerThenNorm<WeightedModule>>[] = [
  inInference,
  hasRunningStats,
  channelsAgree,
  weightsAreFloats,
  isStoredAsFloats,
]
