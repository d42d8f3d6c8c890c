import { numpy as np } from '@jax-js/jax'
import type { PadPair } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import { outputSizes, type Window } from './padding.js'

/*
 * A convolution as a matrix product: every kernel position of every output element is gathered into one column,
 * `[N, groups, in / groups * kernel, out positions]`, and the weight is multiplied onto that. The matrix product
 * of jax-js is several times as fast as its convolution, for which the columns cost memory.
 */

/** Bytes of columns above which a convolution is better done directly. */
const memoryLimit = 2 ** 28

const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1)

/** All sums of one multiple of each step, the last axis fastest. */
const combinations = (counts: readonly number[], steps: readonly number[]): readonly number[] =>
  counts.reduce<readonly number[]>(
    (sums, count, axis) =>
      sums.flatMap((sum) => Array.from({ length: count }, (_, i) => sum + i * (steps[axis] ?? 0))),
    [0],
  )

/** Elements from one step along an axis to the next, in a row-major layout. */
const strides = (sizes: readonly number[]): number[] => sizes.map((_, axis) => product(sizes.slice(axis + 1)))

interface Geometry {
  readonly padded: readonly number[]
  readonly out: readonly number[]
  /** Output positions, rounded up: the matrix product is slow where rows are no multiple of a vector. */
  readonly width: number
}

const geometryOf = (sizes: readonly number[], pairs: readonly PadPair[], window: Window): Geometry => {
  const padded = sizes.map((size, axis) => size + (pairs[axis]?.[0] ?? 0) + (pairs[axis]?.[1] ?? 0))
  const out = outputSizes(sizes, pairs, window)
  return { padded, out, width: Math.ceil(product(out) / 4) * 4 }
}

/** Where each element of a channel's columns stands in the padded channel. */
const sourcesOf = ({ padded, out, width }: Geometry, window: Window): Int32Array => {
  const steps = strides(padded)
  const inKernel = combinations(
    window.kernel,
    steps.map((step, axis) => step * (window.dilation[axis] ?? 1)),
  )
  const starts = combinations(
    out,
    steps.map((step, axis) => step * (window.stride[axis] ?? 1)),
  )
  const sources = new Int32Array(inKernel.length * width)
  for (const [k, offset] of inKernel.entries()) {
    for (const [p, start] of starts.entries()) sources[k * width + p] = offset + start
  }
  return sources
}

/** Bytes of the columns of an input. */
const columnBytes = (shape: readonly number[], pairs: readonly PadPair[], window: Window): number => {
  const [samples = 0, channels = 0, ...sizes] = shape
  return samples * channels * product(window.kernel) * geometryOf(sizes, pairs, window).width * 4
}

/** Whether columns of an input do not grow too large. */
export const columnsFit = (shape: readonly number[], pairs: readonly PadPair[], window: Window): boolean =>
  columnBytes(shape, pairs, window) <= memoryLimit

/** So many output channels use each column that gathering it pays, as measured by `scripts/bench-gradients.mjs`. */
const outputsToPay = 16

/** Whether a convolution gains by columns: not where few channels use them, nor where they grow too large. */
export const gainsByColumns = (
  shape: readonly number[],
  weight: readonly number[],
  pairs: readonly PadPair[],
  window: Window,
  groups: number,
): boolean =>
  (weight[0] ?? 0) / groups > outputsToPay && product(window.kernel) > 1 && columnsFit(shape, pairs, window)

/** `[N, groups, in / groups * kernel, positions]` of `[N, in, ...spatial]`; positions after the last are of no use. */
export const columnsOf = (
  x: Value,
  pairs: readonly PadPair[],
  window: Window,
  groups: number,
  device: Device,
): Value => {
  const [samples = 0, channels = 0, ...sizes] = x.shape
  const geometry = geometryOf(sizes, pairs, window)
  const amounts = [[0, 0], [0, 0], ...pairs].map(([before, after]): [number, number] => [
    before ?? 0,
    after ?? 0,
  ])
  const flat = np.pad(x, amounts).reshape([samples, channels, product(geometry.padded)])
  const sources = sourcesOf(geometry, window)
  const gathered = np.take(flat, device.array(sources, [sources.length], 'int32'), 2)
  const depth = (channels / groups) * product(window.kernel)
  return gathered.reshape([samples, groups, depth, geometry.width])
}

/** `x` is `[N, in, ...spatial]`, `weight` is `[out, in / groups, ...kernel]`. */
export const convByColumns = (
  x: Value,
  weight: Value,
  pairs: readonly PadPair[],
  window: Window,
  groups: number,
  device: Device,
): Value => {
  const [samples = 0, , ...sizes] = x.shape
  const [outputs = 0, ...inOne] = weight.shape
  const { out } = geometryOf(sizes, pairs, window)
  const columns = columnsOf(x, pairs, window, groups, device)
  const rows = weight.reshape([1, groups, outputs / groups, product(inOne)])
  const result = np.matmul(rows, columns).slice([], [], [], [0, product(out)])
  return result.reshape([samples, outputs, ...out])
}
