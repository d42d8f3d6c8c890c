import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvModule,
  isFloat,
  Linear,
  type LinearModule,
  type ModuleOf,
  withAttrs,
} from '@nnfuse/ir'
import { decline, type Guard, oneOf, rule } from '@nnfuse/matcher'
import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { Scale } from './scale.js'
import { scaleChannels } from './scale-channels.js'

type LayerThenScale = readonly [ConvModule | LinearModule, ModuleOf<typeof Scale>]

/** Both learn in training mode: as one layer they would learn something else. */
const inInference: Guard = ({ modules, paths }) => {
  const training = modules.findIndex((module) => module.training)
  return training < 0 || decline(`${paths[training]} is in training mode; call inference(model) first`)
}

/** `[channels, 1, 1]` scales channels of an image; of any other shape it scales something else. */
const scalesChannels: Guard<LayerThenScale> = ({ modules: [layer, scale], paths }) => {
  const [channels, , ...kernel] = layer.attrs.weight.shape
  const wanted = [channels, ...kernel.map(() => 1)].join('x')
  const given = scale.attrs.factor.shape.join('x')
  return (
    given === wanted || decline(`${paths[1]} scales by ${given}, the channels of ${paths[0]} are ${wanted}`)
  )
}

const areFloats: Guard<LayerThenScale> = ({ modules: [layer, scale], paths }) =>
  [layer.attrs.weight, scale.attrs.factor].every(({ dtype }) => isFloat(dtype)) ||
  decline(`the weights of ${paths[0]} and ${paths[1]} are not all floats`)

const scaled = <M extends ConvModule | LinearModule>(layer: M, { attrs }: ModuleOf<typeof Scale>): M => {
  const { weight, bias } = layer.attrs
  const scaledBias = bias && scaleChannels(bias, attrs.factor)
  return withAttrs(layer, { weight: scaleChannels(weight, attrs.factor), bias: scaledBias } as Partial<
    M['attrs']
  >)
}

/** A `Scale` is folded into the weights of the layer before it. */
export const scale = (): Plugin =>
  definePlugin({
    name: '@acme/nnfuse-plugin-scale',
    kinds: [Scale],
    rules: [
      rule('layer-scale', [oneOf(Conv1d, Conv2d, Conv3d, Linear), Scale], scaled, {
        when: [inInference, areFloats, scalesChannels],
        benefit: 1,
        eliminates: [Scale],
      }),
    ],
  })
