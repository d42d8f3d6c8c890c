import {
  type AnyModule,
  type BatchNormModule,
  type ConvModule,
  type ConvTransposeModule,
  Gemm,
  type GemmModule,
  isBatchNorm,
  isConv,
  isConvTranspose,
  Linear,
  type LinearModule,
  outChannels,
  outChannelsTransposed,
  outFeatures,
  rankOf,
  type Tensor,
  type ValueType,
  withAttrs,
} from '@nnfuse/ir'
import { type Affine, areFloats, at, computed, sizeOf } from './affine.js'
import { type ChannelOf, scaleWeight } from './scale-weight.js'

/*
 * A layer whose output channels are weighted sums takes up what follows it, with s and t one number a channel:
 *
 *   s * (W x + b) + t = (s * W) x + (s * b + t)
 *
 * and so does a batch-norm with its gamma and beta. Computed in float64 and rounded once to the dtype of the weight.
 */

type Values = ArrayLike<number>

/** `s * b + t`; a bias that is not there is 0. */
const shifted = (
  bias: Tensor | null,
  { scale, shift }: Affine,
  channels: number,
  like: Tensor,
): Tensor | null => {
  if (bias === null && shift === null) return null
  return computed(bias ?? like, [channels], [bias, scale, shift], (b, s, t) =>
    Float64Array.from(
      { length: channels },
      (_, i) => (b?.[i] ?? 0) * (s ? at(s, i) : 1) + (t ? at(t, i) : 0),
    ),
  )
}

const elements = (shape: readonly number[]): number => shape.reduce((count, size) => count * size, 1)

/** `[outChannels, ...]` */
const leading = ({ shape }: Tensor): ChannelOf => {
  const block = elements(shape.slice(1))
  return (i) => Math.floor(i / block)
}

/** Block (i, j) of `[inChannels, outChannels / groups, ...]` belongs to channel `floor(i / I) * G + j`. */
const transposedChannels = ({ weight: { shape }, groups }: ConvTransposeModule['attrs']): ChannelOf => {
  const [inChannels = 0, perGroup = 0, ...kernel] = shape
  const taps = elements(kernel)
  return (i) => {
    const block = Math.floor(i / taps)
    return Math.floor(Math.floor(block / perGroup) / (inChannels / groups)) * perGroup + (block % perGroup)
  }
}

/** A weight that has taken up the scale, or the reason why it cannot; and the layer with it. */
type Absorb = (affine: Affine) => AnyModule | string

/** Of a layer with a bias for each channel. */
const intoWeighted =
  (module: ConvModule | ConvTransposeModule | LinearModule, channels: number, channelOf: ChannelOf): Absorb =>
  (affine) => {
    const { weight, bias } = module.attrs
    const scaled = scaleWeight(weight, affine.scale, channelOf)
    if (typeof scaled === 'string') return scaled
    return withAttrs(
      module as AnyModule,
      {
        weight: scaled,
        bias: shifted(bias, affine, channels, weight),
      } as never,
    )
  }

/** Here every row may have a bias of its own. */
const intoGemm = (gemm: GemmModule, { scale, shift }: Affine): AnyModule | string => {
  const { weight, bias } = gemm.attrs
  const scaled = scaleWeight(weight, scale, leading(weight))
  if (typeof scaled === 'string') return scaled
  const [out = 0] = weight.shape
  const [rows = 1, columns = 1] = bias.shape
  const rebiased = computed(bias, [rows, out], [bias, scale, shift], (b, s, t) =>
    Float64Array.from({ length: rows * out }, (_, i) => {
      const [row, column] = [Math.floor(i / out), i % out]
      const given = (b as Values)[row * columns + (columns === 1 ? 0 : column)] as number
      return given * (s ? at(s, column) : 1) + (t ? at(t, column) : 0)
    }),
  )
  return withAttrs(gemm, { weight: scaled, bias: rebiased })
}

const intoBatchNorm = (bn: BatchNormModule, affine: Affine): AnyModule | string => {
  const { weight, bias, runningVar, numFeatures } = bn.attrs
  const like = (weight ?? runningVar) as Tensor
  const ones = computed(like, [numFeatures], [], () => new Float64Array(numFeatures).fill(1))
  const scaled = scaleWeight(weight ?? ones, affine.scale, (i) => i)
  if (typeof scaled === 'string') return scaled
  return withAttrs(bn, { weight: scaled, bias: shifted(bias, affine, numFeatures, like) })
}

/** A layer's channels: along which axis of its output they lie, how many there are, and how it takes them up. */
interface Absorber {
  readonly axis: number | undefined
  readonly channels: number
  readonly tensors: readonly (Tensor | null)[]
  readonly absorb: Absorb
}

const lastAxis = (type: ValueType): number | undefined => {
  const rank = rankOf(type)
  return rank === undefined ? undefined : rank - 1
}

const absorberOf = (module: AnyModule, output: ValueType): Absorber | undefined => {
  if (isConv(module)) {
    const { weight, bias } = module.attrs
    const channels = outChannels(module.attrs)
    const absorb = intoWeighted(module, channels, leading(weight))
    return { axis: 1, channels, tensors: [weight, bias], absorb }
  }
  if (isConvTranspose(module)) {
    const { weight, bias } = module.attrs
    const channels = outChannelsTransposed(module.attrs)
    const absorb = intoWeighted(module, channels, transposedChannels(module.attrs))
    return { axis: 1, channels, tensors: [weight, bias], absorb }
  }
  if (Linear.is(module)) {
    const { weight, bias } = module.attrs
    const channels = outFeatures(module.attrs)
    const absorb = intoWeighted(module, channels, leading(weight))
    return { axis: lastAxis(output), channels, tensors: [weight, bias], absorb }
  }
  if (Gemm.is(module)) {
    const { weight, bias } = module.attrs
    const absorb: Absorb = (affine) => intoGemm(module, affine)
    return { axis: 1, channels: weight.shape[0] ?? 0, tensors: [weight, bias], absorb }
  }
  if (isBatchNorm(module) && module.attrs.runningMean !== null && module.attrs.runningVar !== null) {
    const { weight, bias, runningVar, numFeatures } = module.attrs
    const absorb: Absorb = (affine) => intoBatchNorm(module, affine)
    return { axis: 1, channels: numFeatures, tensors: [weight, bias, runningVar], absorb }
  }
  return undefined
}

/**
 * The layer that computes what it and an affine function of its output compute; a reason where there is none; undefined
 * for layers that take nothing up.
 *
 * @param output type of the layer's output
 */
export const absorbOutput = (
  module: AnyModule,
  affine: Affine,
  output: ValueType,
): AnyModule | string | undefined => {
  const absorber = absorberOf(module, output)
  if (absorber === undefined) return undefined
  const { axis, channels, tensors, absorb } = absorber
  if (module.training) return 'it is in training mode'
  if (!areFloats(tensors)) return 'its weights are not all floats'
  if (affine.axis === undefined) return absorb(affine)
  if (axis === undefined) return 'it is not known how many axes it gives'
  if (axis !== affine.axis) return `its channels are axis ${axis}, not axis ${affine.axis}`
  return channels === sizeOf(affine) ? absorb(affine) : `it gives ${channels} channels, not ${sizeOf(affine)}`
}
