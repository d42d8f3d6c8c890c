import { type ConvModule, type ConvTransposeModule, outChannels, outChannelsTransposed } from './conv.js'
import { isConvTranspose } from './families.js'
import { Linear, type LinearModule, outFeatures } from './linear.js'

/** Layers with a weight: each output channel, or feature, is a weighted sum of inputs. */
export type WeightedModule = ConvModule | ConvTransposeModule | LinearModule

/** How many channels (of a linear layer, features) a layer gives. */
export const outputChannels = (layer: WeightedModule): number => {
  if (Linear.is(layer)) return outFeatures(layer.attrs)
  return isConvTranspose(layer) ? outChannelsTransposed(layer.attrs) : outChannels(layer.attrs)
}
