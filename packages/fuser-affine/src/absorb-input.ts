import {
  type AnyModule,
  type ConvModule,
  type ConvTransposeModule,
  hasHooks,
  inChannels,
  inChannelsTransposed,
  inFeatures,
  isConv,
  isConvTranspose,
  Linear,
  rankOf,
  type Tensor,
  type ValueType,
  withAttrs,
  withChildren,
} from '@nnfuse/ir'
import { type Exactness, isExactEnough } from '@nnfuse/matcher'
import { type Affine, areFloats, at, computed, sizeOf } from './affine.js'
import { type ChannelOf, scaleWeight } from './scale-weight.js'

/*
 * A layer whose outputs are weighted sums of its input channels takes up what comes before it, with s and t one number
 * an input channel:
 *
 *   W (s * x + t) + b = (W * s) x + (W t + b)
 *
 * A convolution pads s * x + t with zeros, not x: at the border there is no t. So only a scale goes into one that pads
 * with zeros; and into a transposed one, where the border gets fewer products.
 */

type Values = ArrayLike<number>

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** `W t`, one number for each first index of the weight. */
const sums = (weight: Values, shift: Values, outputs: number, channelOf: ChannelOf): Float64Array => {
  const result = new Float64Array(outputs)
  const each = weight.length / outputs
  for (let i = 0; i < weight.length; i += 1) {
    const output = Math.floor(i / each)
    result[output] = (result[output] as number) + (weight[i] as number) * at(shift, channelOf(i))
  }
  return result
}

/** `W t + b` */
const rebiased = (
  weight: Tensor,
  bias: Tensor | null,
  shift: Tensor | null,
  channelOf: ChannelOf,
): Tensor | null => {
  if (shift === null) return bias
  const [outputs = 0] = weight.shape
  return computed(bias ?? weight, [outputs], [weight, bias, shift], (w, b, t) => {
    const added = sums(w as Values, t as Values, outputs, channelOf)
    return added.map((sum, i) => sum + (b?.[i] ?? 0))
  })
}

interface Absorber {
  /** Of the input, where it is known. */
  readonly axis: number | undefined
  readonly channels: number
  readonly tensors: readonly (Tensor | null)[]
  /** Why it cannot take up a shift; unless the border may differ, where that is all. */
  readonly noShift?: { readonly reason: string; readonly onlyAtBorder: boolean }
  readonly weight: Tensor
  /** Which input channel an element of the weight is multiplied with. */
  readonly channelOf: ChannelOf
  /** The layer with a weight that has taken up the scale. */
  readonly absorb: (weight: Tensor, shift: Tensor | null) => AnyModule
}

const atBorder = { reason: 'it pads with zeros, where nothing would be added', onlyAtBorder: true }
const fewerProducts = { reason: 'its border gets fewer products than the rest', onlyAtBorder: false }

const padsWithZeros = ({ attrs: { padding, paddingMode } }: ConvModule): boolean =>
  paddingMode === 'zeros' && (typeof padding === 'string' || padding.flat().some((size) => size > 0))

const conv = (module: ConvModule): Absorber => {
  const { weight, bias, groups } = module.attrs
  const [outputs = 0, perGroup = 0, ...kernel] = weight.shape
  const [taps, outputsPerGroup] = [count(kernel), outputs / groups]
  const channelOf = (i: number): number => {
    const block = Math.floor(i / taps)
    return Math.floor(Math.floor(block / perGroup) / outputsPerGroup) * perGroup + (block % perGroup)
  }
  return {
    axis: 1,
    channels: inChannels(module.attrs),
    tensors: [weight, bias],
    ...(padsWithZeros(module) && { noShift: atBorder }),
    weight,
    channelOf,
    absorb: (scaled, shift) =>
      withAttrs(module, { weight: scaled, bias: rebiased(weight, bias, shift, channelOf) }),
  }
}

const convTranspose = (module: ConvTransposeModule): Absorber => {
  const { weight } = module.attrs
  const perChannel = count(weight.shape.slice(1))
  return {
    axis: 1,
    channels: inChannelsTransposed(module.attrs),
    tensors: [weight],
    noShift: fewerProducts,
    weight,
    channelOf: (i) => Math.floor(i / perChannel),
    absorb: (scaled) => withAttrs(module, { weight: scaled }),
  }
}

const absorberOf = (module: AnyModule, x: ValueType): Absorber | undefined => {
  if (isConv(module)) return conv(module)
  if (isConvTranspose(module)) return convTranspose(module)
  if (!Linear.is(module)) return undefined
  const { weight, bias } = module.attrs
  const features = inFeatures(module.attrs)
  const rank = rankOf(x)
  const channelOf: ChannelOf = (i) => i % features
  return {
    axis: rank === undefined ? undefined : rank - 1,
    channels: features,
    tensors: [weight, bias],
    weight,
    channelOf,
    absorb: (scaled, shift) =>
      withAttrs(module, { weight: scaled, bias: rebiased(weight, bias, shift, channelOf) }),
  }
}

/** A layer that has taken something up. */
export interface Taken {
  readonly module: AnyModule
  readonly exactness: Exactness
}

/** The first of layers that are held together, which is given their input. */
const firstHeld = ({ kind, children }: AnyModule): AnyModule | undefined =>
  kind.startsWith('nni.') ? children.get('0') : undefined

/** Into the first of layers that are held together. */
const intoFirst = (
  held: AnyModule,
  first: AnyModule,
  affine: Affine,
  x: ValueType,
  exact: Exactness,
): Taken | string | undefined => {
  if (hasHooks(first.hooks)) return 'the hooks of its first layer would see other values'
  const taken = absorbInput(first, affine, x, exact)
  if (typeof taken !== 'object') return taken
  return { ...taken, module: withChildren(held, new Map([...held.children, ['0', taken.module]])) }
}

/**
 * The layer that computes what an affine function of its first input and it compute; a reason where there is none; undefined
 * for layers that take nothing up.
 *
 * @param x type of the layer's input
 * @param exact how exact it must be
 */
export const absorbInput = (
  module: AnyModule,
  affine: Affine,
  x: ValueType,
  exact: Exactness,
): Taken | string | undefined => {
  const first = firstHeld(module)
  if (first !== undefined) return intoFirst(module, first, affine, x, exact)
  const absorber = absorberOf(module, x)
  if (absorber === undefined) return undefined
  const { axis, channels, tensors, weight, channelOf, absorb } = absorber
  if (module.training) return 'it is in training mode'
  if (!areFloats(tensors)) return 'its weights are not all floats'
  const noShift = affine.shift === null ? undefined : absorber.noShift
  if (noShift !== undefined && !(noShift.onlyAtBorder && isExactEnough('border', exact)))
    return noShift.reason
  if (affine.axis !== undefined) {
    if (axis === undefined) return 'it is not known how many axes its input has'
    if (axis !== affine.axis) return `its channels are axis ${axis}, not axis ${affine.axis}`
    if (channels !== sizeOf(affine)) return `it takes ${channels} channels, not ${sizeOf(affine)}`
  }
  const scaled = scaleWeight(weight, affine.scale, channelOf)
  if (typeof scaled === 'string') return scaled
  return { module: absorb(scaled, affine.shift), exactness: noShift === undefined ? 'real' : 'border' }
}
