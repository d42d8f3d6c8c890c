import { badObserver } from '../errors.js'
import { extremesOf } from './extremes.js'
import type { Observer, Range } from './observer.js'
import { searchRange } from './search-range.js'

/*
 * Bins are multiples of a power of two, `[i * 2^exponent, (i + 1) * 2^exponent)`, and the exponent is the least with
 * which all that was seen lies in so many bins. Joining pairs of bins is exact, so a histogram depends on what was
 * seen and on nothing else: neither on its order nor on how it was divided. torch's moves counts between bins that do
 * not fit each other, and depends on both.
 */

/** Counts of what lies in neighbouring bins. */
export interface Histogram {
  /** Bins are 2^exponent wide. */
  readonly exponent: number
  /** Number of the first bin. */
  readonly first: number
  readonly counts: readonly number[]
  readonly min: number
  readonly max: number
}

/** All float32 numbers are multiples of 2^-149. */
const leastExponent = -149

/** Bins are the narrowest for one value alone: the logarithm of 0 is minus infinity. */
const exponentFor = (min: number, max: number, bins: number): number => {
  let exponent = Math.max(leastExponent, Math.floor(Math.log2((max - min) / bins)) - 2)
  while (Math.floor(max / 2 ** exponent) - Math.floor(min / 2 ** exponent) >= bins) exponent += 1
  return exponent
}

/** The same values in bins at least as wide. */
const widened = ({ exponent, first, counts, min, max }: Histogram, wanted: number): Histogram => {
  const joined = 2 ** (wanted - exponent)
  const start = Math.floor(first / joined)
  const last = Math.floor((first + counts.length - 1) / joined)
  const sums = new Array<number>(last - start + 1).fill(0)
  for (const [i, count] of counts.entries()) {
    const bin = Math.floor((first + i) / joined) - start
    sums[bin] = (sums[bin] as number) + count
  }
  return { exponent: wanted, first: start, counts: sums, min, max }
}

const merged = (a: Histogram | null, b: Histogram | null, bins: number): Histogram | null => {
  if (a === null || b === null) return a ?? b
  const [min, max] = [Math.min(a.min, b.min), Math.max(a.max, b.max)]
  const exponent = exponentFor(min, max, bins)
  const [left, right] = [widened(a, exponent), widened(b, exponent)]
  const first = Math.min(left.first, right.first)
  const end = Math.max(left.first + left.counts.length, right.first + right.counts.length)
  const counts = Array.from(
    { length: end - first },
    (_, i) => (left.counts[first + i - left.first] ?? 0) + (right.counts[first + i - right.first] ?? 0),
  )
  return { exponent, first, counts, min, max }
}

/** Counts finite values; NaN has been refused by then. */
const countedIn = (values: ArrayLike<number>, min: number, max: number, bins: number): Histogram => {
  const exponent = exponentFor(min, max, bins)
  const width = 2 ** exponent
  const first = Math.floor(min / width)
  const counts = new Array<number>(Math.floor(max / width) - first + 1).fill(0)
  for (const value of Float32Array.from(values)) {
    if (!Number.isFinite(value)) continue
    const bin = Math.floor(value / width) - first
    counts[bin] = (counts[bin] as number) + 1
  }
  return { exponent, first, counts, min, max }
}

/** What {@link histogram} and {@link percentile} can be told. */
export interface HistogramOptions {
  /** At most so many bins, at least half as many once there is more than one value. Default 4096. */
  readonly bins?: number
}

/** An observer that counts values; what range it makes of the counts is for `choose` to say. */
export const countingObserver = (
  name: string,
  { bins = 4096 }: HistogramOptions,
  choose: (histogram: Histogram, steps: number) => readonly [min: number, max: number],
): Observer<Histogram> => {
  if (!Number.isInteger(bins) || bins < 2) throw badObserver(`${bins} bins are too few`)
  return {
    name,
    observe: (state, values, shape, axis) => {
      if (axis !== null)
        throw badObserver(`the ${name} observer is for one range a tensor, not one a channel`)
      const seen = extremesOf(values, shape, null)
      if (seen === null) return state
      return merged(state, countedIn(values, seen.min[0] as number, seen.max[0] as number, bins), bins)
    },
    merge: (a, b) => merged(a, b, bins),
    range: (state, spec): Range | null => {
      if (state === null) return null
      const [min, max] = choose(state, spec.max - spec.min + 1)
      return { min: [Math.max(min, state.min)], max: [Math.min(max, state.max)] }
    },
  }
}

/**
 * Leaves out what lies so far off that clamping it costs less than coarser steps for all others: the least sum of
 * squared errors, searched as torch's HistogramObserver does.
 *
 * @throws NnfuseError `BAD_OBSERVER`
 */
export const histogram = (options: HistogramOptions = {}): Observer<Histogram> =>
  countingObserver('histogram', options, ({ exponent, first, counts }, steps) => {
    const width = 2 ** exponent
    const [start, end] = searchRange(counts, width, steps)
    return [(first + start) * width, (first + end + 1) * width]
  })
