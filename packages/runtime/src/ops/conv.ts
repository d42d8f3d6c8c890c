import { type ConvAttrs, inChannels, kernelSize, type PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { badInput, wrongShape } from '../errors.js'
import { convolve } from './convolve.js'
import { extentOf, padPairs, padWithElements, type Window } from './padding.js'

const axisNames = ['D', 'H', 'W']

/** `[N, channels, ...spatial]`, with at least one element on each axis that is convolved. */
export const checkChannelsFirst = (shape: readonly number[], channels: number, axes: number): void => {
  if (shape.length === axes + 2 && shape[1] === channels) return
  const spatial = axes === 1 ? ['L'] : axisNames.slice(3 - axes)
  throw wrongShape('the input', `[N, ${channels}, ${spatial.join(', ')}]`, shape)
}

const checkFits = (sizes: readonly number[], pairs: readonly PadPair[], window: Window): void => {
  for (const [axis, size] of sizes.entries()) {
    const [before, after] = pairs[axis] ?? [0, 0]
    const extent = extentOf(window, axis)
    if (size + before + after < extent) {
      throw badInput(`the kernel covers ${extent} elements but the padded input has ${size + before + after}`)
    }
  }
}

/** Adds a bias for each channel, if there is one. */
export const addBias = (y: Value, bias: Value | undefined): Value =>
  bias === undefined ? y : y.add(bias.reshape([-1, ...y.shape.slice(2).map(() => 1)]))

export const conv = (
  attrs: ConvAttrs,
  x: Value,
  weight: Value,
  bias: Value | undefined,
  device: Device,
): Value => {
  const { stride, dilation, paddingMode, groups } = attrs
  const window = { kernel: kernelSize(attrs), stride, dilation }
  checkChannelsFirst(x.shape, inChannels(attrs), stride.length)
  const sizes = x.shape.slice(2)
  const pairs = padPairs(attrs.padding, sizes, window)
  checkFits(sizes, pairs, window)
  const padded = paddingMode === 'zeros' ? x : padWithElements(x, pairs, paddingMode, device)
  const zeros = paddingMode === 'zeros' ? pairs : pairs.map((): PadPair => [0, 0])
  const product = convolve(padded, weight, zeros, window, groups, device)
  return addBias(product, bias)
}
