import { badAttribute } from '../errors.js'

/** One number for every spatial axis, or one for each. */
export type PerAxis = number | readonly number[]

/** `2` becomes `[2, 2]` for two axes; an array must have one entry an axis. */
export const perAxis = (kind: string, name: string, value: PerAxis, axes: number): readonly number[] => {
  const values = typeof value === 'number' ? Array.from({ length: axes }, () => value) : value
  if (values.length !== axes) throw badAttribute(kind, `${name} needs ${axes} numbers, got ${values.length}`)
  return values
}

/** Zeros (or whatever the padding mode says) added before and after each spatial axis. */
export type PadPair = readonly [before: number, after: number]

/**
 * Padding of a convolution: pairs, one an axis; or `same`, as much as keeps `ceil(size / stride)` with the odd
 * one at the end (PyTorch's 'same', ONNX's SAME_UPPER); or `same-lower`, with the odd one at the start.
 */
export type Padding = readonly PadPair[] | 'same' | 'same-lower'

/** Padding as authors write it: torch's number or numbers, `same`, `valid`, or explicit pairs. */
export type PaddingArgument = PerAxis | readonly PadPair[] | 'same' | 'same-lower' | 'valid'

const isPairs = (value: readonly unknown[]): value is readonly PadPair[] =>
  value.every((entry) => Array.isArray(entry))

export const paddingOf = (kind: string, value: PaddingArgument, axes: number): Padding => {
  if (value === 'same' || value === 'same-lower') return value
  if (value === 'valid') return paddingOf(kind, 0, axes)
  if (typeof value !== 'number' && value.length > 0 && isPairs(value)) {
    if (value.length !== axes) throw badAttribute(kind, `padding needs ${axes} pairs, got ${value.length}`)
    return value
  }
  return perAxis(kind, 'padding', value as PerAxis, axes).map((pad): PadPair => [pad, pad])
}

const allEqual = (values: readonly number[]): boolean => values.every((value) => value === values[0])

/** `3x3` */
export const formatSize = (sizes: readonly number[]): string => sizes.join('x')

/** `, stride 2`, or nothing where every value is the default. */
export const formatPerAxis = (name: string, values: readonly number[], usual: number): string => {
  if (values.every((value) => value === usual)) return ''
  return `, ${name} ${allEqual(values) ? values[0] : formatSize(values)}`
}

/** `1+2` */
export const formatPair = ([before, after]: PadPair): string => `${before}+${after}`

export const formatPadding = (padding: Padding): string => {
  if (typeof padding === 'string') return `, padding ${padding}`
  if (padding.every(([before, after]) => before === after)) {
    return formatPerAxis(
      'padding',
      padding.map(([before]) => before),
      0,
    )
  }
  return `, padding ${padding.map(formatPair).join('x')}`
}

/** `, no bias` where there is none. */
export const formatBias = (bias: unknown): string => (bias === null ? ', no bias' : '')
