import { type ConvTransposeAttrs, inChannelsTransposed, kernelSize } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import type { WayBack } from '../way-back.js'
import { type ConvGeometry, gradientOfBias, gradientOfWeight } from './conv-gradients.js'
import { convTranspose, takenOff } from './conv-transpose.js'
import { suitsColumns } from './conv-way-back.js'
import { convolve } from './convolve.js'

/*
 * A transposed convolution is the way back of the convolution with the same weight. So its own way back is that
 * convolution, and the gradient of the weight is the same with input and output exchanged.
 */

const fits = ({ sizes, pairs, window }: ConvGeometry, out: readonly number[]): boolean =>
  sizes.every((size, axis) => {
    const [before, after] = pairs[axis] ?? [0, 0]
    const extent = (window.dilation[axis] ?? 1) * ((window.kernel[axis] ?? 1) - 1) + 1
    return Math.floor((size + before + after - extent) / (window.stride[axis] ?? 1)) + 1 === out[axis]
  })

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
      [
        wanted[0] ? convolve(dy.ref, weight.ref, pairs, window, groups, device) : undefined,
        wanted[1] ? gradientOfWeight(dy.ref, x.ref, geometry, device) : undefined,
        wanted[2] ? gradientOfBias(dy.ref) : undefined,
      ].filter((gradient) => gradient !== undefined),
    dispose: () => {
      x.dispose()
      weight.dispose()
    },
  }
}
