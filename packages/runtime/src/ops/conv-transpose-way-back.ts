import { type ConvTransposeAttrs, inChannelsTransposed, kernelSize } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { type WayBack, wantedGradients } from '../way-back.js'
import { type ConvGeometry, gradientOfBias, gradientOfWeight } from './conv-gradients.js'
import { convTranspose, takenOff } from './conv-transpose.js'
import { suitsColumns } from './conv-way-back.js'
import { convolve } from './convolve.js'
import { outputSizes } from './padding.js'

/*
 * A transposed convolution is the way back of the convolution with the same weight. So its own way back is that
 * convolution, and the gradient of the weight is the same with input and output exchanged.
 */

const fits = ({ sizes, pairs, window }: ConvGeometry, out: readonly number[]): boolean =>
  outputSizes(sizes, pairs, window).every((size, axis) => size === out[axis])

/** The convolution of which it is the way back, from the shape that it gives. */
const geometryOf = (x: Value, y: Value, attrs: ConvTransposeAttrs): ConvGeometry | undefined => {
  const { stride, dilation, groups } = attrs
  const [sizes, out] = [y.shape.slice(2), x.shape.slice(2)]
  const geometry: ConvGeometry = {
    sizes,
    pairs: out.map((_, axis) => takenOff(attrs, out, axis)),
    window: { kernel: kernelSize(attrs), stride, dilation },
    groups,
  }
  const suits = suitsColumns(y.shape, inChannelsTransposed(attrs) / groups, geometry)
  return suits && fits(geometry, out) ? geometry : undefined
}

/** A transposed convolution, and its gradients where these are better than jax-js's own; consumes its inputs then. */
export const convTransposeWithWayBack = (
  attrs: ConvTransposeAttrs,
  inputs: readonly Value[],
  wanted: readonly boolean[],
  device: Device,
): WayBack | undefined => {
  const [x, weight, bias] = inputs as [Value, Value, Value | undefined]
  const value = convTranspose(attrs, x.ref, weight.ref, bias?.ref)
  const geometry = geometryOf(x, value, attrs)
  if (geometry === undefined) {
    value.dispose()
    return undefined
  }
  bias?.dispose()
  const { pairs, window, groups } = geometry
  return {
    value,
    back: (dy) =>
      wantedGradients(wanted, [
        () => convolve(dy.ref, weight.ref, pairs, window, groups, device),
        () => gradientOfWeight(dy.ref, x.ref, geometry, device),
        () => gradientOfBias(dy.ref),
      ]),
    dispose: () => {
      x.dispose()
      weight.dispose()
    },
  }
}
