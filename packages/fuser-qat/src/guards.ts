import { type AnyModule, type BatchNormModule, outputChannels, type WeightedModule } from '@nnfuse/ir'
import { decline, type Guard } from '@nnfuse/matcher'

type LayerThenNorm<Layer extends AnyModule> = readonly [Layer, BatchNormModule, ...AnyModule[]]

/** One module has one mode. */
export const sameMode: Guard = ({ modules, paths }) => {
  const odd = modules.findIndex((module) => module.training !== modules[0]?.training)
  return (
    odd < 0 ||
    decline(`${paths[0]} and ${paths[odd]} must both be in training mode or both in inference mode`)
  )
}

export const channelsAgree: Guard<LayerThenNorm<WeightedModule>> = ({ modules: [layer, bn], paths }) => {
  const [given, normalized] = [outputChannels(layer), bn.attrs.numFeatures]
  return (
    given === normalized || decline(`${paths[1]} normalizes ${normalized} channels but is given ${given}`)
  )
}

/** The fused forward divides by gamma, so there has to be one. */
export const isAffine: Guard<LayerThenNorm<AnyModule>> = ({ modules: [, { attrs }], paths }) =>
  attrs.weight !== null || decline(`${paths[1]} is not affine`)

export const tracksRunningStats: Guard<LayerThenNorm<AnyModule>> = ({ modules: [, { attrs }], paths }) =>
  (attrs.runningMean !== null && attrs.runningVar !== null) ||
  decline(`${paths[1]} keeps no running statistics`)
