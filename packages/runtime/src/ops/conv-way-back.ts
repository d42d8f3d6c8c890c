import { numpy as np } from '@jax-js/jax'
import { type ConvAttrs, inChannels, kernelSize, type PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import type { WayBack } from '../way-back.js'
import { conv } from './conv.js'
import { convByColumns, gainsByColumns, sourcesByPosition } from './im2col.js'
import { extentOf, padPairs, type Window } from './padding.js'

/*
 * The gradients of a convolution as matrix products, which jax-js's own way back is not:
 *
 *   dx = dy, spread out by the stride, convolved with the weight that is turned around and whose channels are swapped
 *   dw = dy * columns,   [out, N positions] * [N positions, kernel in]
 *   db = the sum of dy
 */

interface Geometry {
  readonly sizes: readonly number[]
  readonly pairs: readonly PadPair[]
  readonly window: Window
}

const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1)

/** Zeros between the elements along each axis after the channels, `stride - 1` of them. */
const spreadOut = (y: Value, stride: readonly number[]): Value => {
  if (stride.every((step) => step === 1)) return y
  const [samples = 0, channels = 0, ...sizes] = y.shape
  const apart = y.reshape([samples, channels, ...sizes.flatMap((size) => [size, 1])])
  const none: [number, number] = [0, 0]
  const padded = np.pad(apart, [
    none,
    none,
    ...stride.flatMap((step) => [none, [0, step - 1] as [number, number]]),
  ])
  const wide = padded.reshape([samples, channels, ...sizes.map((size, i) => size * (stride[i] ?? 1))])
  return wide.slice(
    [],
    [],
    ...sizes.map((size, i): [number, number] => [0, (size - 1) * (stride[i] ?? 1) + 1]),
  )
}

/** Padding with which the gradient of the output gives one for each element of the input. */
const pairsBack = ({ sizes, pairs, window }: Geometry, out: readonly number[]): PadPair[] =>
  sizes.map((size, axis) => {
    const reach = extentOf(window, axis) - 1
    const spread = ((out[axis] ?? 1) - 1) * (window.stride[axis] ?? 1) + 1
    const before = reach - (pairs[axis]?.[0] ?? 0)
    return [before, size - spread - before + reach]
  })

const gradientOfInput = (dy: Value, weight: Value, geometry: Geometry, device: Device): Value => {
  const { window } = geometry
  const pairs = pairsBack(geometry, dy.shape.slice(2))
  const axes = weight.shape.slice(2).map((_, i) => i + 2)
  const turned = np.flip(weight, axes).transpose([1, 0, ...axes])
  const ones = { ...window, stride: window.stride.map(() => 1) }
  return convByColumns(spreadOut(dy, window.stride), turned, pairs, ones, 1, device)
}

const gradientOfWeight = (
  x: Value,
  dy: Value,
  shape: readonly number[],
  geometry: Geometry,
  device: Device,
): Value => {
  const { sizes, pairs, window } = geometry
  const [samples = 0, outputs = 0, ...out] = dy.shape
  const [, channels = 0, ...kernel] = shape
  const amounts = [[0, 0], [0, 0], ...pairs] as [number, number][]
  const padded = np.pad(x, amounts).reshape([samples, channels, -1]).transpose([0, 2, 1])
  const sources = sourcesByPosition(sizes, pairs, window)
  const gathered = np.take(padded, device.array(sources, [sources.length], 'int32'), 1)
  const rows = samples * product(out)
  const columns = gathered.reshape([rows, product(kernel) * channels])
  const dyRows = dy
    .reshape([samples, outputs, product(out)])
    .transpose([1, 0, 2])
    .reshape([outputs, rows])
  const gradient = np.matmul(dyRows, columns).reshape([outputs, product(kernel), channels])
  return gradient.transpose([0, 2, 1]).reshape([outputs, channels, ...kernel])
}

const gradientOfBias = (dy: Value): Value => dy.sum([0, ...dy.shape.slice(2).map((_, i) => i + 2)])

/** Whether the way back can be by columns: where it gains, and no padding is more than a window can reach. */
const suits = (x: Value, { weight, groups, paddingMode }: ConvAttrs, { pairs, window }: Geometry): boolean =>
  groups === 1 &&
  paddingMode === 'zeros' &&
  gainsByColumns(x.shape, weight.shape, pairs, window) &&
  pairs.every((pair, axis) => pair.every((amount) => amount >= 0 && amount < extentOf(window, axis)))

/** A convolution, and its gradients, where these are better than jax-js's own; consumes its inputs where it is. */
export const convWithWayBack = (
  attrs: ConvAttrs,
  inputs: readonly Value[],
  wanted: readonly boolean[],
  device: Device,
): WayBack | undefined => {
  const [x, weight, bias] = inputs as [Value, Value, Value | undefined]
  const { stride, dilation, padding } = attrs
  const window = { kernel: kernelSize(attrs), stride, dilation }
  if (x.shape.length !== stride.length + 2 || x.shape[1] !== inChannels(attrs)) return undefined
  const sizes = x.shape.slice(2)
  const geometry: Geometry = { sizes, pairs: padPairs(padding, sizes, window), window }
  if (!suits(x, attrs, geometry)) return undefined
  const value = conv(attrs, x.ref, weight.ref, bias, device)
  const { shape } = weight
  return {
    value,
    back: (dy) =>
      [
        wanted[0] ? gradientOfInput(dy.ref, weight.ref, geometry, device) : undefined,
        wanted[1] ? gradientOfWeight(x.ref, dy.ref, shape, geometry, device) : undefined,
        wanted[2] ? gradientOfBias(dy.ref) : undefined,
      ].filter((gradient) => gradient !== undefined),
    dispose: () => {
      x.dispose()
      weight.dispose()
    },
  }
}
