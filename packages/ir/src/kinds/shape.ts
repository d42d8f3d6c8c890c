import { badAttribute } from '../errors.js'
import { type Kind, kind } from '../module.js'
import { formatPair, type PadPair } from './attributes.js'

/*
 * Layers that move elements about or put some around them, and change none.
 */

/** A size that Reshape gives an axis: a number, -1 (what is left), or that of the input's axis at the same place. */
export type ReshapeSize = number | 'copy'

/** The sizes that elements are put into, in row-major order. */
export interface ReshapeAttrs {
  /** One for each axis of the result; -1 at most once. */
  readonly shape: readonly ReshapeSize[]
}

const checkSizes = (shape: readonly ReshapeSize[]): void => {
  const bad = shape.find((size) => size !== 'copy' && !(Number.isSafeInteger(size) && size >= -1))
  if (bad !== undefined) throw badAttribute('nn.Reshape', `${bad} is no size`)
  const inferred = shape.filter((size) => size === -1).length
  if (inferred > 1) throw badAttribute('nn.Reshape', `only one size can be -1, got ${inferred}`)
  if (inferred === 1 && shape.includes(0))
    throw badAttribute('nn.Reshape', 'beside a size of 0, -1 says nothing')
}

/**
 * The same elements, row by row, in another shape. Numbers and -1 are torch's; `copy` is what ONNX writes as 0.
 *
 * @example `Reshape({ shape: ['copy', -1] })` keeps the first axis and merges the others
 * @throws NnfuseError `BAD_ATTRIBUTE`
 */
export const Reshape: Kind<'nn.Reshape', ReshapeAttrs, [given: ReshapeAttrs]> = kind('nn.Reshape', {
  create: ({ shape }) => {
    checkSizes(shape)
    return { attrs: { shape } }
  },
  forward: (ops, { attrs }, x) => ops.reshape(x, attrs.shape),
  describe: ({ shape }) => shape.join(', '),
})

/** The order that axes are put into. */
export interface TransposeAttrs {
  /** Which axis of the input each axis of the result is. */
  readonly perm: readonly number[]
}

/**
 * Axes in another order: torch's `permute`.
 *
 * @throws NnfuseError `BAD_ATTRIBUTE` where `perm` is not a permutation of all axes
 */
export const Transpose: Kind<'nn.Transpose', TransposeAttrs, [given: TransposeAttrs]> = kind('nn.Transpose', {
  create: ({ perm }) => {
    if (!perm.every((_, axis) => perm.includes(axis)))
      throw badAttribute('nn.Transpose', `${perm.join(', ')} is not a permutation of the axes`)
    return { attrs: { perm } }
  },
  forward: (ops, { attrs }, x) => ops.transpose(x, attrs.perm),
  describe: ({ perm }) => perm.join(', '),
})

/** Axes of size 1 that are taken away or put in. */
export interface AxesAttrs {
  /** Negative ones count from the end. */
  readonly axes: readonly number[]
}

const axesAttrs = (kind: string, axes: readonly number[]): AxesAttrs => {
  if (!axes.every(Number.isSafeInteger) || new Set(axes).size < axes.length)
    throw badAttribute(kind, `${axes.join(', ')} are no axes`)
  return { axes }
}

/** Takes away axes of size 1. */
export const Squeeze: Kind<'nn.Squeeze', AxesAttrs, [given: AxesAttrs]> = kind('nn.Squeeze', {
  create: ({ axes }) => ({ attrs: axesAttrs('nn.Squeeze', axes) }),
  forward: (ops, { attrs }, x) => ops.squeeze(x, attrs.axes),
  describe: ({ axes }) => axes.join(', '),
})

/** Puts in axes of size 1; `axes` are their places in the result. */
export const Unsqueeze: Kind<'nn.Unsqueeze', AxesAttrs, [given: AxesAttrs]> = kind('nn.Unsqueeze', {
  create: ({ axes }) => ({ attrs: axesAttrs('nn.Unsqueeze', axes) }),
  forward: (ops, { attrs }, x) => ops.unsqueeze(x, attrs.axes),
  describe: ({ axes }) => axes.join(', '),
})

/** A border of one number. */
export interface PadAttrs {
  /** What is added before and after, for every axis of the input. */
  readonly pads: readonly PadPair[]
  readonly value: number
}

/**
 * Puts a value (0 unless told) around the elements.
 *
 * @throws NnfuseError `BAD_ATTRIBUTE` for negative amounts: nothing is cut off
 */
export const Pad: Kind<'nn.Pad', PadAttrs, [given: { pads: readonly PadPair[]; value?: number }]> = kind(
  'nn.Pad',
  {
    create: ({ pads, value = 0 }) => {
      if (!pads.flat().every((amount) => Number.isSafeInteger(amount) && amount >= 0))
        throw badAttribute('nn.Pad', `cannot add ${pads.map(formatPair).join(', ')}`)
      return { attrs: { pads, value } }
    },
    forward: (ops, { attrs }, x) => ops.pad(x, attrs.pads, attrs.value),
    describe: ({ pads, value }) =>
      pads.map(formatPair).join('x') + (Object.is(value, 0) ? '' : `, value ${value}`),
  },
)
