import { badAttribute } from '../errors.js'
import { type Kind, kind, type Module } from '../module.js'
import { formatTensor, type Tensor } from '../tensor.js'
import {
  formatBias,
  formatPadding,
  formatPerAxis,
  formatSize,
  type Padding,
  type PaddingArgument,
  type PerAxis,
  paddingOf,
  perAxis,
} from './attributes.js'

/**
 * What stands around the input of a convolution: zeros, or elements of its own as torch's `padding_mode` has them.
 */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/** A convolution over 1, 2 or 3 spatial axes; every list has one entry an axis. */
export interface ConvAttrs {
  /** `[outChannels, inChannels / groups, ...kernelSize]` */
  readonly weight: Tensor
  /** `[outChannels]` */
  readonly bias: Tensor | null
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly dilation: readonly number[]
  readonly groups: number
  readonly paddingMode: PaddingMode
}

/** A transposed convolution; `padding` is taken off the output. */
export interface ConvTransposeAttrs {
  /** `[inChannels, outChannels / groups, ...kernelSize]` */
  readonly weight: Tensor
  /** `[outChannels]` */
  readonly bias: Tensor | null
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly outputPadding: readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/** What a convolution is made from; all but the weight have torch's defaults. */
export interface ConvArguments {
  readonly weight: Tensor
  readonly bias?: Tensor | null
  readonly stride?: PerAxis
  readonly padding?: PaddingArgument
  readonly dilation?: PerAxis
  readonly groups?: number
  readonly paddingMode?: PaddingMode
}

/** What a transposed convolution is made from; all but the weight have torch's defaults. */
export interface ConvTransposeArguments extends Omit<ConvArguments, 'paddingMode'> {
  readonly outputPadding?: PerAxis
}

/** Channels of what a convolution gives. */
export const outChannels = ({ weight }: ConvAttrs): number => weight.shape[0] ?? 0
/** Channels of what a convolution is given: of all groups together. */
export const inChannels = ({ weight, groups }: ConvAttrs): number => (weight.shape[1] ?? 0) * groups
/** Channels of what a transposed convolution gives: of all groups together. */
export const outChannelsTransposed = ({ weight, groups }: ConvTransposeAttrs): number =>
  (weight.shape[1] ?? 0) * groups
/** Channels of what a transposed convolution is given. */
export const inChannelsTransposed = ({ weight }: ConvTransposeAttrs): number => weight.shape[0] ?? 0
/** Sizes of the kernel, one for each spatial axis. */
export const kernelSize = ({ weight }: ConvAttrs | ConvTransposeAttrs): readonly number[] =>
  weight.shape.slice(2)

const checkWeight = (name: string, weight: Tensor, axes: number): void => {
  if (weight.shape.length !== axes + 2) {
    throw badAttribute(name, `the weight needs ${axes + 2} dimensions, got ${formatTensor(weight)}`)
  }
}

const checkChannels = (
  name: string,
  bias: Tensor | null,
  out: number,
  groups: number,
  divided: number,
): void => {
  if (!Number.isInteger(groups) || groups < 1 || divided % groups !== 0) {
    throw badAttribute(name, `groups ${groups} does not divide ${divided} channels`)
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw badAttribute(name, `the bias needs shape [${out}], got ${formatTensor(bias)}`)
  }
}

const convAttrs = (name: string, axes: number, given: ConvArguments): ConvAttrs => {
  const {
    weight,
    bias = null,
    stride = 1,
    padding = 0,
    dilation = 1,
    groups = 1,
    paddingMode = 'zeros',
  } = given
  checkWeight(name, weight, axes)
  const attrs = {
    weight,
    bias,
    stride: perAxis(name, 'stride', stride, axes),
    padding: paddingOf(name, padding, axes),
    dilation: perAxis(name, 'dilation', dilation, axes),
    groups,
    paddingMode,
  }
  checkChannels(name, bias, outChannels(attrs), groups, outChannels(attrs))
  return attrs
}

const convTransposeAttrs = (
  name: string,
  axes: number,
  given: ConvTransposeArguments,
): ConvTransposeAttrs => {
  const { weight, bias = null, stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = given
  checkWeight(name, weight, axes)
  const attrs = {
    weight,
    bias,
    stride: perAxis(name, 'stride', stride, axes),
    padding: paddingOf(name, padding, axes),
    outputPadding: perAxis(name, 'outputPadding', outputPadding, axes),
    dilation: perAxis(name, 'dilation', dilation, axes),
    groups,
  }
  checkChannels(name, bias, outChannelsTransposed(attrs), groups, inChannelsTransposed(attrs))
  return attrs
}

const describeShared = (attrs: ConvAttrs | ConvTransposeAttrs, channels: string): string =>
  `${channels}, ${formatSize(kernelSize(attrs))}` +
  formatPerAxis('stride', attrs.stride, 1) +
  formatPadding(attrs.padding) +
  formatPerAxis('dilation', attrs.dilation, 1) +
  (attrs.groups === 1 ? '' : `, groups ${attrs.groups}`) +
  formatBias(attrs.bias)

const describeConv = (attrs: ConvAttrs): string =>
  describeShared(attrs, `${inChannels(attrs)} -> ${outChannels(attrs)}`) +
  (attrs.paddingMode === 'zeros' ? '' : `, ${attrs.paddingMode} padding`)

const describeConvTranspose = (attrs: ConvTransposeAttrs): string =>
  describeShared(attrs, `${inChannelsTransposed(attrs)} -> ${outChannelsTransposed(attrs)}`) +
  formatPerAxis('output padding', attrs.outputPadding, 0)

const weightAndBias = { weight: 'weight', bias: 'bias' } as const

const convKind = <N extends string>(name: N, axes: number): Kind<N, ConvAttrs, [given: ConvArguments]> =>
  kind(name, {
    create: (given) => ({ attrs: convAttrs(name, axes, given) }),
    forward: (ops, { attrs }, x) => ops.conv(x, attrs),
    parameters: weightAndBias,
    describe: describeConv,
  })

const convTransposeKind = <N extends string>(
  name: N,
  axes: number,
): Kind<N, ConvTransposeAttrs, [given: ConvTransposeArguments]> =>
  kind(name, {
    create: (given) => ({ attrs: convTransposeAttrs(name, axes, given) }),
    forward: (ops, { attrs }, x) => ops.convTranspose(x, attrs),
    parameters: weightAndBias,
    describe: describeConvTranspose,
  })

/** `[N, C, L]` to `[N, outChannels, L']` */
export const Conv1d: Kind<'nn.Conv1d', ConvAttrs, [given: ConvArguments]> = convKind('nn.Conv1d', 1)
/** `[N, C, H, W]` to `[N, outChannels, H', W']` */
export const Conv2d: Kind<'nn.Conv2d', ConvAttrs, [given: ConvArguments]> = convKind('nn.Conv2d', 2)
/** `[N, C, D, H, W]` to `[N, outChannels, D', H', W']` */
export const Conv3d: Kind<'nn.Conv3d', ConvAttrs, [given: ConvArguments]> = convKind('nn.Conv3d', 3)

type ConvTransposeKind<N extends string> = Kind<N, ConvTransposeAttrs, [given: ConvTransposeArguments]>

/**
 * `[N, C, L]` to `[N, outChannels, L']`, with `L' = (L - 1) * stride - padding + dilation * (kernel - 1) +
 * outputPadding + 1`, padding on both sides together.
 */
export const ConvTranspose1d: ConvTransposeKind<'nn.ConvTranspose1d'> = convTransposeKind(
  'nn.ConvTranspose1d',
  1,
)
/** `[N, C, H, W]` to `[N, outChannels, H', W']`; sizes as of {@link ConvTranspose1d}. */
export const ConvTranspose2d: ConvTransposeKind<'nn.ConvTranspose2d'> = convTransposeKind(
  'nn.ConvTranspose2d',
  2,
)
/** `[N, C, D, H, W]` to `[N, outChannels, D', H', W']`; sizes as of {@link ConvTranspose1d}. */
export const ConvTranspose3d: ConvTransposeKind<'nn.ConvTranspose3d'> = convTransposeKind(
  'nn.ConvTranspose3d',
  3,
)

/** A convolution of any number of axes. */
export type ConvModule = Module<'nn.Conv1d' | 'nn.Conv2d' | 'nn.Conv3d', ConvAttrs>
/** A transposed convolution of any number of axes. */
export type ConvTransposeModule = Module<
  'nn.ConvTranspose1d' | 'nn.ConvTranspose2d' | 'nn.ConvTranspose3d',
  ConvTransposeAttrs
>
