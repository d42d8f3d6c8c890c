import { decodeFloats, encode, type FloatDType, promote, roundTo } from '@nnfuse/ir'
import type { ChannelVector } from './channel-vector.js'

/** Which channel a block of a weight belongs to. Blocks are what is left of the weight after its first axes. */
export interface Blocks {
  /** Elements of a block, all scaled alike. */
  readonly size: number
  readonly channelOf: (block: number) => number
}

/** `[outChannels, ...]`: a block an output channel. Also right for groups, and for linear layers. */
export const leadingChannels = (shape: readonly number[]): Blocks => ({
  size: shape.slice(1).reduce((count, dim) => count * dim, 1),
  channelOf: (block) => block,
})

/**
 * `[inChannels, outChannels / groups, ...]`: block (i, j) belongs to output channel `floor(i / I) * G + j`, where each
 * group has I input and G output channels. PyTorch broadcasts along the second axis and is wrong for groups.
 */
export const transposedChannels = (shape: readonly number[], groups: number): Blocks => {
  const [inChannels = 0, perGroup = 0] = shape
  const inPerGroup = inChannels / groups
  return {
    size: shape.slice(2).reduce((count, dim) => count * dim, 1),
    channelOf: (block) => {
      const [i, j] = [Math.floor(block / perGroup), block % perGroup]
      return Math.floor(i / inPerGroup) * perGroup + j
    },
  }
}

/** float32 times float32, the case that must be fast: storing rounds the exact double product once. */
const scaleFloat32 = (
  weight: Float32Array,
  scale: ArrayLike<number>,
  { size, channelOf }: Blocks,
): Uint8Array => {
  const scaled = new Float32Array(weight.length)
  for (let start = 0, block = 0; start < weight.length; start += size, block += 1) {
    const factor = scale[channelOf(block)] as number
    for (let i = start; i < start + size; i += 1) scaled[i] = (weight[i] as number) * factor
  }
  return new Uint8Array(scaled.buffer)
}

/** Every other mix: the product is rounded to the promoted dtype, then to the weight's. */
const scaleAny = (
  bytes: Uint8Array,
  dtype: FloatDType,
  scale: ChannelVector,
  { size, channelOf }: Blocks,
): Uint8Array => {
  const weight = decodeFloats(bytes, dtype)
  const round = roundTo[promote(dtype, scale.dtype)]
  const scaled = new Float64Array(weight.length)
  for (let i = 0; i < weight.length; i += 1) {
    const factor = scale.values[channelOf(Math.floor(i / size))] as number
    scaled[i] = round((weight[i] as number) * factor)
  }
  return encode(scaled, dtype)
}

/** A weight, each block multiplied by the scale of its channel, in the weight's dtype. */
export const scaleWeight = (
  bytes: Uint8Array,
  dtype: FloatDType,
  scale: ChannelVector,
  blocks: Blocks,
): Uint8Array =>
  dtype === 'float32' && scale.dtype === 'float32'
    ? scaleFloat32(decodeFloats(bytes, dtype) as Float32Array, scale.values, blocks)
    : scaleAny(bytes, dtype, scale, blocks)
