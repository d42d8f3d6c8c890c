import { type ConvAttrs, inChannels, kernelSize, type PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { type WayBack, wantedGradients } from '../way-back.js'
import { conv } from './conv.js'
import {
  type ConvGeometry,
  gradientOfBias,
  gradientOfInput,
  gradientOfWeight,
  reachesPadding,
} from './conv-gradients.js'
import { columnsFit } from './im2col.js'
import { paddingSources, padPairs, padWithElements } from './padding.js'
import { backAlong } from './places-back.js'

/** Where fewer output channels use each column, jax-js's own way back is as fast: depthwise convolutions. */
const outputsToPay = 3

/** Whether gradients are better had by columns. */
export const suitsColumns = (
  shape: readonly number[],
  outputsPerGroup: number,
  geometry: ConvGeometry,
): boolean =>
  outputsPerGroup >= outputsToPay &&
  columnsFit(shape, geometry.pairs, geometry.window) &&
  reachesPadding(geometry)

interface Padded {
  /** The convolution over the padded input, where elements of the input itself stand around it. */
  readonly geometry: ConvGeometry
  /** The input of that convolution; consumes. */
  pad(x: Value): Value
  /** From the gradient of that input to the gradient of the input; consumes. */
  back(gradient: Value): Value
}

const paddedOf = (x: Value, attrs: ConvAttrs, device: Device): Padded => {
  const { stride, dilation, padding, groups, paddingMode } = attrs
  const window = { kernel: kernelSize(attrs), stride, dilation }
  const sizes = x.shape.slice(2)
  const pairs = padPairs(padding, sizes, window)
  const same = (value: Value): Value => value
  if (paddingMode === 'zeros') return { geometry: { sizes, pairs, window, groups }, pad: same, back: same }
  const sources = paddingSources(sizes, pairs, paddingMode)
  const none = sizes.map((): PadPair => [0, 0])
  return {
    geometry: { sizes: sources.map(({ length }) => length), pairs: none, window, groups },
    pad: (value) => padWithElements(value, pairs, paddingMode, device),
    back: (gradient) =>
      sources.reduce(
        (sum, from, i) =>
          backAlong(
            sum,
            i + 2,
            from.map((position) => ({ positions: [position] })),
            sizes[i] as number,
            device,
          ),
        gradient,
      ),
  }
}

/** A convolution, and its gradients, where these are better than jax-js's own; consumes its inputs where it is. */
export const convWithWayBack = (
  attrs: ConvAttrs,
  inputs: readonly Value[],
  wanted: readonly boolean[],
  device: Device,
): WayBack | undefined => {
  const [x, weight, bias] = inputs as [Value, Value, Value | undefined]
  if (x.shape.length !== attrs.stride.length + 2 || x.shape[1] !== inChannels(attrs)) return undefined
  const { geometry, pad, back } = paddedOf(x, attrs, device)
  const [samples = 0, channels = 0] = x.shape
  const outputsPerGroup = (weight.shape[0] ?? 0) / attrs.groups
  if (!suitsColumns([samples, channels, ...geometry.sizes], outputsPerGroup, geometry)) return undefined
  const value = conv(attrs, x.ref, weight.ref, bias, device)
  return {
    value,
    back: (dy) =>
      wantedGradients(wanted, [
        () => back(gradientOfInput(dy.ref, weight.ref, geometry, device)),
        () => gradientOfWeight(pad(x.ref), dy.ref, geometry, device),
        () => gradientOfBias(dy.ref),
      ]),
    dispose: () => {
      x.dispose()
      weight.dispose()
    },
  }
}
