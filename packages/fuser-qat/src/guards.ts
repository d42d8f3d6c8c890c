import {
  type AnyModule,
  type BatchNormModule,
  type ConvModule,
  type ConvTransposeModule,
  type LinearModule,
  outChannels,
  outChannelsTransposed,
  outFeatures,
} from '@nnfuse/ir'
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

const countsAgree = (outputs: number, features: number, path: string | undefined) =>
  outputs === features || decline(`${path} normalizes ${features} channels but is given ${outputs}`)

export const convChannelsAgree: Guard<LayerThenNorm<ConvModule>> = ({ modules: [conv, bn], paths }) =>
  countsAgree(outChannels(conv.attrs), bn.attrs.numFeatures, paths[1])

export const convTransposeChannelsAgree: Guard<LayerThenNorm<ConvTransposeModule>> = ({
  modules: [conv, bn],
  paths,
}) => countsAgree(outChannelsTransposed(conv.attrs), bn.attrs.numFeatures, paths[1])

export const linearFeaturesAgree: Guard<LayerThenNorm<LinearModule>> = ({ modules: [linear, bn], paths }) =>
  countsAgree(outFeatures(linear.attrs), bn.attrs.numFeatures, paths[1])

/** The fused forward divides by gamma, so there has to be one. */
export const isAffine: Guard<LayerThenNorm<AnyModule>> = ({ modules: [, { attrs }], paths }) =>
  attrs.weight !== null || decline(`${paths[1]} is not affine`)

export const tracksRunningStats: Guard<LayerThenNorm<AnyModule>> = ({ modules: [, { attrs }], paths }) =>
  (attrs.runningMean !== null && attrs.runningVar !== null) ||
  decline(`${paths[1]} keeps no running statistics`)
