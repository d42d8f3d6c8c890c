import { kernelSize, type PadPair } from '@nnfuse/ir'
import { type Declined, decline } from '@nnfuse/matcher'
import type { PaddedConv } from './resolve-padding.js'

/*
 * Where a kernel looks along one axis, counted from the place of the output times the stride:
 *
 *   first, first + step, ..., last        first = -(padding before),  step = dilation
 *
 * Two kernels with the same stride become one that looks wherever either of them does. Its step is the greatest common
 * divisor of all the distances, so a dilated kernel fits into a dense one; where neither looks, its weight is 0. The
 * number of outputs, floor((size - 1 + slack) / stride) + 1 with slack = (padding after) - last, must be the same for
 * inputs of every size, so the slacks must be. A side's padding is then the larger of the two.
 */

/** Where a kernel looks along one axis. */
export interface Taps {
  readonly first: number
  readonly step: number
  readonly count: number
}

/** One kernel for both, along one axis. */
interface AlignedAxis {
  readonly taps: Taps
  readonly padding: PadPair
}

export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

const lastOf = ({ first, step, count }: Taps): number => first + step * (count - 1)

export const tapsOf = (conv: PaddedConv, axis: number): Taps => ({
  first: 0 - (conv.padding[axis] as PadPair)[0],
  step: conv.dilation[axis] as number,
  count: kernelSize(conv)[axis] as number,
})

const slackOf = (conv: PaddedConv, axis: number): number =>
  (conv.padding[axis] as PadPair)[1] - lastOf(tapsOf(conv, axis))

/** A single tap has no distance to another. */
const distanceIn = ({ step, count }: Taps): number => (count > 1 ? step : 0)

const union = (a: Taps, b: Taps): Taps => {
  const apart = Math.abs(a.first - b.first)
  const step = gcd(gcd(distanceIn(a), distanceIn(b)), apart) || 1
  const first = Math.min(a.first, b.first)
  const last = Math.max(lastOf(a), lastOf(b))
  return { first, step, count: (last - first) / step + 1 }
}

const alignAxis = (a: PaddedConv, b: PaddedConv, axis: number): AlignedAxis | Declined => {
  const slack = slackOf(a, axis)
  if (a.stride[axis] !== b.stride[axis])
    return decline(`of strides ${a.stride[axis]} and ${b.stride[axis]}, they do not look at the same places`)
  if (slack !== slackOf(b, axis)) return decline('their paddings do not align their kernels')
  const taps = union(tapsOf(a, axis), tapsOf(b, axis))
  return { taps, padding: [0 - taps.first, slack + lastOf(taps)] }
}

/** How one kernel for both lies on the input. */
export interface AlignedWindow {
  readonly kernel: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly PadPair[]
}

/** One window that looks wherever one of two does, or why there is none. */
export const alignWindows = (a: PaddedConv, b: PaddedConv): AlignedWindow | Declined => {
  const axes: AlignedAxis[] = []
  for (const axis of a.stride.keys()) {
    const aligned = alignAxis(a, b, axis)
    if ('declined' in aligned) return aligned
    axes.push(aligned)
  }
  return {
    kernel: axes.map(({ taps }) => taps.count),
    dilation: axes.map(({ taps }) => taps.step),
    padding: axes.map(({ padding }) => padding),
  }
}
