import { Conv2d, type ConvModule, isFloat, type ModuleOf, withAttrs } from '@nnfuse/ir'
import { decline, type Guard, type Rule, rule } from '@nnfuse/matcher'
import { Scale } from './scale.js'
import { scaleChannels } from './scale-channels.js'

type ConvThenScale = readonly [ConvModule, ModuleOf<typeof Scale>]

/** Both learn in training mode: as one layer they would learn something else. */
const inInference: Guard<ConvThenScale> = ({ modules, paths }) => {
  const training = modules.findIndex((module) => module.training)
  return training < 0 || decline(`${paths[training]} is in training mode; call inference(model) first`)
}

const scalesChannels: Guard<ConvThenScale> = ({ modules: [conv, scale], paths }) => {
  const wanted = [conv.attrs.weight.shape[0], 1, 1].join('x')
  const given = scale.attrs.factor.shape.join('x')
  return (
    given === wanted || decline(`${paths[1]} scales by ${given}, the channels of ${paths[0]} are ${wanted}`)
  )
}

const areFloats: Guard<ConvThenScale> = ({ modules: [conv, scale], paths }) =>
  [conv.attrs.weight, scale.attrs.factor].every(({ dtype }) => isFloat(dtype)) ||
  decline(`the weights of ${paths[0]} and ${paths[1]} are not all floats`)

/** A scale goes into the weights of the convolution before it. */
export const rules: readonly Rule[] = [
  rule(
    '{{prefix}}-conv2d-scale',
    [Conv2d, Scale],
    (conv, { attrs: { factor } }) => {
      const { weight, bias } = conv.attrs
      return withAttrs(conv, {
        weight: scaleChannels(weight, factor),
        bias: bias && scaleChannels(bias, factor),
      })
    },
    { when: [inInference, areFloats, scalesChannels], benefit: 1, eliminates: [Scale] },
  ),
]
