import type { Padding, PadPair } from '@nnfuse/ir'

/*
 * What convolutions and pools share: one number an axis, and padding.
 */

/** One number for each axis, or the reason why not. */
export const perAxis = (
  name: string,
  values: readonly number[] | undefined,
  axes: number,
  smallest: number,
): readonly number[] | string => {
  if (values === undefined || values.length === 0) return new Array(axes).fill(1)
  if (values.length !== axes) return `its ${name} has ${values.length} numbers for ${axes} axes`
  return values.every((value) => value >= smallest) ? values : `its ${name} is ${values.join(', ')}`
}

const pairs = (pads: readonly number[], axes: number): readonly PadPair[] =>
  Array.from({ length: axes }, (_, i) => [pads[i] ?? 0, pads[i + axes] ?? 0])

interface PadAttributes {
  readonly pads: readonly number[] | undefined
  readonly auto_pad: string | undefined
}

/** Apart from a reason, since a padding may be a word too. */
export interface NoPadding {
  readonly reason: string
}

const explicit = (pads: readonly number[] | undefined, axes: number): Padding | NoPadding => {
  if (pads === undefined || pads.length === 0) return pairs([], axes)
  if (pads.length !== 2 * axes) return { reason: `its pads has ${pads.length} numbers for ${axes} axes` }
  return pads.every((pad) => pad >= 0) ? pairs(pads, axes) : { reason: 'its padding is negative' }
}

const automatic: ReadonlyMap<string, 'same' | 'same-lower'> = new Map([
  ['SAME_UPPER', 'same'],
  ['SAME_LOWER', 'same-lower'],
])

/** ONNX states all starts, then all ends. */
export const paddingOf = (
  { pads, auto_pad = 'NOTSET' }: PadAttributes,
  axes: number,
): Padding | NoPadding => {
  const mode = auto_pad === '' ? 'NOTSET' : auto_pad
  if (mode === 'NOTSET') return explicit(pads, axes)
  if (pads?.some((pad) => pad !== 0)) return { reason: 'it has both pads and auto_pad' }
  if (mode === 'VALID') return pairs([], axes)
  return automatic.get(mode) ?? { reason: `its auto_pad is "${mode}"` }
}

/** Whether {@link paddingOf} gave a reason. */
export const isReason = (padding: Padding | NoPadding): padding is NoPadding =>
  typeof padding === 'object' && 'reason' in padding
