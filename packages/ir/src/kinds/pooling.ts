import { type Kind, kind } from '../module.js'
import {
  formatPadding,
  formatPerAxis,
  formatSize,
  type Padding,
  type PaddingArgument,
  type PerAxis,
  paddingOf,
  perAxis,
} from './attributes.js'

/** A max pooling; every list has one entry a spatial axis. */
export interface MaxPoolAttrs {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly dilation: readonly number[]
  /** Rounds the output size up instead of down. */
  readonly ceilMode: boolean
}

/** An average pooling; every list has one entry a spatial axis. */
export interface AvgPoolAttrs {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly ceilMode: boolean
  /** Whether padded zeros count in the divisor; PyTorch's default is yes. */
  readonly countIncludePad: boolean
}

export interface MaxPoolArguments {
  readonly kernelSize: PerAxis
  /** the kernel size unless told */
  readonly stride?: PerAxis
  readonly padding?: PaddingArgument
  readonly dilation?: PerAxis
  readonly ceilMode?: boolean
}

export interface AvgPoolArguments extends Omit<MaxPoolArguments, 'dilation'> {
  readonly countIncludePad?: boolean
}

const describePool = ({
  kernelSize,
  stride,
  padding,
  ceilMode,
}: Omit<AvgPoolAttrs, 'countIncludePad'>): string =>
  `${formatSize(kernelSize)}, stride ${formatSize(stride)}${formatPadding(padding)}${ceilMode ? ', ceil mode' : ''}`

type MaxPoolKind<N extends string> = Kind<N, MaxPoolAttrs, [given: MaxPoolArguments]>

const maxPoolKind = <N extends string>(name: N, axes: number): MaxPoolKind<N> =>
  kind(name, {
    create: ({ kernelSize, stride = kernelSize, padding = 0, dilation = 1, ceilMode = false }) => ({
      attrs: {
        kernelSize: perAxis(name, 'kernelSize', kernelSize, axes),
        stride: perAxis(name, 'stride', stride, axes),
        padding: paddingOf(name, padding, axes),
        dilation: perAxis(name, 'dilation', dilation, axes),
        ceilMode,
      },
    }),
    forward: (ops, { attrs }, x) => ops.maxPool(x, attrs),
    describe: (attrs) => describePool(attrs) + formatPerAxis('dilation', attrs.dilation, 1),
  })

/** `[N, C, L]` to `[N, C, L']`: the largest of each window; padding never is. */
export const MaxPool1d: MaxPoolKind<'nn.MaxPool1d'> = maxPoolKind('nn.MaxPool1d', 1)
/** `[N, C, H, W]` to `[N, C, H', W']`: the largest of each window; padding never is. */
export const MaxPool2d: MaxPoolKind<'nn.MaxPool2d'> = maxPoolKind('nn.MaxPool2d', 2)
/** `[N, C, D, H, W]` to `[N, C, D', H', W']`: the largest of each window; padding never is. */
export const MaxPool3d: MaxPoolKind<'nn.MaxPool3d'> = maxPoolKind('nn.MaxPool3d', 3)

type AvgPoolKind<N extends string> = Kind<N, AvgPoolAttrs, [given: AvgPoolArguments]>

const avgPoolKind = <N extends string>(name: N, axes: number): AvgPoolKind<N> =>
  kind(name, {
    create: ({ kernelSize, stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true }) => ({
      attrs: {
        kernelSize: perAxis(name, 'kernelSize', kernelSize, axes),
        stride: perAxis(name, 'stride', stride, axes),
        padding: paddingOf(name, padding, axes),
        ceilMode,
        countIncludePad,
      },
    }),
    forward: (ops, { attrs }, x) => ops.avgPool(x, attrs),
    describe: (attrs: AvgPoolAttrs) => describePool(attrs),
  })

/** `[N, C, L]` to `[N, C, L']`: the average of each window. */
export const AvgPool1d: AvgPoolKind<'nn.AvgPool1d'> = avgPoolKind('nn.AvgPool1d', 1)
/** `[N, C, H, W]` to `[N, C, H', W']`: the average of each window. */
export const AvgPool2d: AvgPoolKind<'nn.AvgPool2d'> = avgPoolKind('nn.AvgPool2d', 2)
/** `[N, C, D, H, W]` to `[N, C, D', H', W']`: the average of each window. */
export const AvgPool3d: AvgPoolKind<'nn.AvgPool3d'> = avgPoolKind('nn.AvgPool3d', 3)

/** An average pooling that knows the size of its output instead of that of its windows. */
export interface AdaptiveAvgPoolAttrs {
  /** Spatial size of the output; null keeps the input's. */
  readonly outputSize: readonly (number | null)[]
}

export interface AdaptiveAvgPoolArguments {
  readonly outputSize: number | readonly (number | null)[]
}

type AdaptiveAvgPoolKind<N extends string> = Kind<N, AdaptiveAvgPoolAttrs, [given: AdaptiveAvgPoolArguments]>

const adaptiveAvgPoolKind = <N extends string>(name: N, axes: number): AdaptiveAvgPoolKind<N> =>
  kind(name, {
    create: ({ outputSize }) => ({
      attrs: { outputSize: typeof outputSize === 'number' ? new Array(axes).fill(outputSize) : outputSize },
    }),
    forward: (ops, { attrs }, x) => ops.adaptiveAvgPool(x, attrs.outputSize),
    describe: ({ outputSize }) => outputSize.map((size) => size ?? 'any').join('x'),
  })

/**
 * `[N, C, L]` to `[N, C, outputSize]`: each output is the average of its share of the input, shares overlapping
 * where sizes do not divide.
 */
export const AdaptiveAvgPool1d: AdaptiveAvgPoolKind<'nn.AdaptiveAvgPool1d'> = adaptiveAvgPoolKind(
  'nn.AdaptiveAvgPool1d',
  1,
)
/** `[N, C, H, W]` to `[N, C, ...outputSize]`; with 1 the global average. */
export const AdaptiveAvgPool2d: AdaptiveAvgPoolKind<'nn.AdaptiveAvgPool2d'> = adaptiveAvgPoolKind(
  'nn.AdaptiveAvgPool2d',
  2,
)
/** `[N, C, D, H, W]` to `[N, C, ...outputSize]`. */
export const AdaptiveAvgPool3d: AdaptiveAvgPoolKind<'nn.AdaptiveAvgPool3d'> = adaptiveAvgPoolKind(
  'nn.AdaptiveAvgPool3d',
  3,
)
