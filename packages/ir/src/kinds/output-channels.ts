import {
  type ConvModule,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeModule,
  outChannels,
  outChannelsTransposed,
} from './conv.js'
import { Linear, type LinearModule, outFeatures } from './linear.js'

/** Layers with a weight: each output channel, or feature, is a weighted sum of inputs. */
export type WeightedModule = ConvModule | ConvTransposeModule | LinearModule

const isTransposed = (layer: WeightedModule): layer is ConvTransposeModule =>
  ConvTranspose1d.is(layer) || ConvTranspose2d.is(layer) || ConvTranspose3d.is(layer)

/** How many channels (of a linear layer, features) a layer gives. */
export const outputChannels = (layer: WeightedModule): number => {
  if (Linear.is(layer)) return outFeatures(layer.attrs)
  return isTransposed(layer) ? outChannelsTransposed(layer.attrs) : outChannels(layer.attrs)
}
