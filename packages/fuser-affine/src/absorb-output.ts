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

/*
 * A layer whose output channels are weighted sums takes up what follows it, with s and t one number a channel:
 *
 *   s * (W x + b) + t = (s * W) x + (s * b + t)
 *
 * and so does a batch-norm with its gamma and beta. Computed in float64 and rounded once to the dtype of the weight.
 */

type Values = ArrayLike<number>

/** How often a block of elements, that belong to one channel, is repeated: which channel is block `i` of? */
type ChannelOf = (block: number) => number

/** `s * W` */
const scaled = (weight: Tensor, scale: Tensor | null, blockSize: number, channelOf: ChannelOf): Tensor =>
  scale === null
    ? weight
    : computed(weight, weight.shape, [weight, scale], (w, s) =>
        new Float64Array(w as Values).map(
          (x, i) => x * at(s as Values, channelOf(Math.floor(i / blockSize))),
        ),
      )

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

const intoConv = (conv: ConvModule, affine: Affine): AnyModule => {
  const { weight, bias } = conv.attrs
  return withAttrs(conv, {
    weight: scaled(weight, affine.scale, elements(weight.shape.slice(1)), (block) => block),
    bias: shifted(bias, affine, outChannels(conv.attrs), weight),
  })
}

/** Block (i, j) of `[inChannels, outChannels / groups, ...]` belongs to channel `floor(i / I) * G + j`. */
const intoConvTranspose = (conv: ConvTransposeModule, affine: Affine): AnyModule => {
  const { weight, bias, groups } = conv.attrs
  const [inChannels = 0, perGroup = 0, ...kernel] = weight.shape
  const channelOf = (block: number): number =>
    Math.floor(Math.floor(block / perGroup) / (inChannels / groups)) * perGroup + (block % perGroup)
  return withAttrs(conv, {
    weight: scaled(weight, affine.scale, elements(kernel), channelOf),
    bias: shifted(bias, affine, outChannelsTransposed(conv.attrs), weight),
  })
}

const intoLinear = (linear: LinearModule, affine: Affine): AnyModule => {
  const { weight, bias } = linear.attrs
  return withAttrs(linear, {
    weight: scaled(weight, affine.scale, elements(weight.shape.slice(1)), (block) => block),
    bias: shifted(bias, affine, outFeatures(linear.attrs), weight),
  })
}

/** Here every row may have a bias of its own. */
const intoGemm = (gemm: GemmModule, { scale, shift }: Affine): AnyModule => {
  const { weight, bias } = gemm.attrs
  const [out = 0, features = 0] = weight.shape
  const [rows = 1, columns = 1] = bias.shape
  const rebiased = computed(bias, [rows, out], [bias, scale, shift], (b, s, t) =>
    Float64Array.from({ length: rows * out }, (_, i) => {
      const [row, column] = [Math.floor(i / out), i % out]
      const given = (b as Values)[row * columns + (columns === 1 ? 0 : column)] as number
      return given * (s ? at(s, column) : 1) + (t ? at(t, column) : 0)
    }),
  )
  return withAttrs(gemm, { weight: scaled(weight, scale, features, (block) => block), bias: rebiased })
}

const intoBatchNorm = (bn: BatchNormModule, affine: Affine): AnyModule => {
  const { weight, bias, runningVar, numFeatures } = bn.attrs
  const like = (weight ?? runningVar) as Tensor
  const ones = computed(like, [numFeatures], [], () => new Float64Array(numFeatures).fill(1))
  return withAttrs(bn, {
    weight: scaled(weight ?? ones, affine.scale, 1, (block) => block),
    bias: shifted(bias, affine, numFeatures, like),
  })
}

/** A layer's channels: along which axis of its output they lie, how many there are, and how it takes them up. */
interface Absorber {
  readonly axis: number | undefined
  readonly channels: number
  readonly tensors: readonly (Tensor | null)[]
  readonly absorb: (affine: Affine) => AnyModule
}

const lastAxis = (type: ValueType): number | undefined => {
  const rank = rankOf(type)
  return rank === undefined ? undefined : rank - 1
}

const absorberOf = (module: AnyModule, output: ValueType): Absorber | undefined => {
  if (isConv(module)) {
    const { weight, bias } = module.attrs
    const absorb = (affine: Affine): AnyModule => intoConv(module, affine)
    return { axis: 1, channels: outChannels(module.attrs), tensors: [weight, bias], absorb }
  }
  if (isConvTranspose(module)) {
    const { weight, bias } = module.attrs
    const absorb = (affine: Affine): AnyModule => intoConvTranspose(module, affine)
    return { axis: 1, channels: outChannelsTransposed(module.attrs), tensors: [weight, bias], absorb }
  }
  if (Linear.is(module)) {
    const { weight, bias } = module.attrs
    const absorb = (affine: Affine): AnyModule => intoLinear(module, affine)
    return { axis: lastAxis(output), channels: outFeatures(module.attrs), tensors: [weight, bias], absorb }
  }
  if (Gemm.is(module)) {
    const { weight, bias } = module.attrs
    const absorb = (affine: Affine): AnyModule => intoGemm(module, affine)
    return { axis: 1, channels: weight.shape[0] ?? 0, tensors: [weight, bias], absorb }
  }
  if (isBatchNorm(module) && module.attrs.runningMean !== null && module.attrs.runningVar !== null) {
    const { weight, bias, runningVar, numFeatures } = module.attrs
    const absorb = (affine: Affine): AnyModule => intoBatchNorm(module, affine)
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
