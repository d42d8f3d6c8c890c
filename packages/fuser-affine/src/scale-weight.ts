import {
  bitsPerElement,
  decodeFloats,
  deferredTensor,
  elementCount,
  elementwiseTensor,
  encode,
  type FloatDType,
  type Quantized,
  quantizedOf,
  quantizedTensor,
  type Tensor,
} from '@nnfuse/ir'
import { at, computed, sizeOf } from './affine.js'
import { allNumbers } from './signs.js'

/*
 * A weight times one number a channel. What is stored as integers stays that, where its scale can take the numbers up:
 *
 *   s * ((q - z) * d) = (q - z) * (s * d)
 *
 * A channel must then be one place along one axis of the weight, that of the scales there are, and s * d positive, as
 * ONNX has it for scales.
 */

type Values = ArrayLike<number>

/** Which channel an element of the weight, by its position, belongs to. */
export type ChannelOf = (i: number) => number

/** An axis of a weight, and the channel at each place along it. */
interface ChannelAxis {
  readonly axis: number
  readonly channels: readonly number[]
}

/** Channels lie along the first two axes of a weight; where they lie along one of them, this one. */
const axisOfChannels = ({ shape }: Tensor, channelOf: ChannelOf): ChannelAxis | undefined => {
  const [rows = 1, columns = 1] = shape
  const inner = elementCount(shape.slice(2))
  const channelAt = (row: number, column: number): number => channelOf((row * columns + column) * inner)
  const [first, second] = [
    Array.from({ length: rows }, (_, row) => channelAt(row, 0)),
    Array.from({ length: columns }, (_, column) => channelAt(0, column)),
  ]
  const isEverywhere = (channel: (row: number, column: number) => number | undefined): boolean =>
    first.every((_, row) => second.every((__, column) => channelAt(row, column) === channel(row, column)))
  if (isEverywhere((row) => first[row])) return { axis: 0, channels: first }
  return isEverywhere((_, column) => second[column]) ? { axis: 1, channels: second } : undefined
}

/** `[1]` zero points repeated for each of several scales. */
const repeated = (zeroPoint: Tensor, count: number): Tensor =>
  deferredTensor(zeroPoint.dtype, [count], [zeroPoint], (bytes) => {
    const result = new Uint8Array(bytes.length * count)
    for (let i = 0; i < count; i += 1) result.set(bytes, i * bytes.length)
    return result
  })

/** `s * d` for each of the channels, in the dtype of `d`. */
const products = (d: Tensor, s: Tensor, shape: readonly number[], channels: readonly number[]): Tensor =>
  computed(d, shape, [d, s], (scales, factors) =>
    Float64Array.from(channels, (channel, i) => at(scales as Values, i) * at(factors as Values, channel)),
  )

const checked = (quantized: Quantized): Quantized | string => {
  const positive = allNumbers(quantized.scale, (value) => value > 0)
  if (positive) return quantized
  return positive === undefined
    ? 'its weight is quantized, and whether its scale stays positive is not at hand'
    : 'its weight is quantized, and its scale would not be positive'
}

const rescaled = (quantized: Quantized, scale: Tensor, channelOf: ChannelOf): Quantized | string => {
  const { scale: given, zeroPoint, axis, oneScale, values } = quantized
  if (sizeOf({ axis: undefined, scale, shift: null }) === 1) {
    const same = new Array<number>(elementCount(given.shape)).fill(0)
    return checked({ ...quantized, scale: products(given, scale, given.shape, same) })
  }
  const along = axisOfChannels(values, channelOf)
  if (along === undefined) return 'its weight is quantized, and its channels lie along no one axis of it'
  if (oneScale !== undefined) return `its weight is quantized, and ${oneScale}`
  if (axis !== undefined && axis !== along.axis)
    return `its weight is quantized, with scales along axis ${axis} and not ${along.axis}`
  const { channels } = along
  const isNew = axis === undefined && zeroPoint !== null
  return checked({
    ...quantized,
    axis: along.axis,
    scale: products(given, scale, [channels.length], channels),
    zeroPoint: isNew ? repeated(zeroPoint, channels.length) : zeroPoint,
  })
}

const scaledFloats = (weight: Tensor, scale: Tensor, channelOf: ChannelOf): Tensor => {
  const dtype = weight.dtype as FloatDType
  const bytesPerElement = bitsPerElement[dtype] / 8
  return elementwiseTensor(weight, [scale], (bytes) => {
    const factors = decodeFloats(bytes as Uint8Array, scale.dtype)
    return (part, offset) => {
      const first = offset / bytesPerElement
      const values = Float64Array.from(decodeFloats(part, dtype))
      for (let i = 0; i < values.length; i += 1)
        values[i] = (values[i] as number) * at(factors, channelOf(first + i))
      part.set(encode(values, dtype))
    }
  })
}

/**
 * `s * W`, in the dtype of the weight; the reason why not, where integers would become floats.
 *
 * @param scale null: 1
 */
export const scaleWeight = (weight: Tensor, scale: Tensor | null, channelOf: ChannelOf): Tensor | string => {
  if (scale === null) return weight
  const quantized = quantizedOf(weight)
  if (quantized !== undefined) {
    const result = rescaled(quantized, scale, channelOf)
    return typeof result === 'string' ? result : quantizedTensor(result)
  }
  return scaledFloats(weight, scale, channelOf)
}
