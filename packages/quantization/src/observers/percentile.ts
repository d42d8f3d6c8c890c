import { badObserver } from '../errors.js'
import { countingObserver, type Histogram, type HistogramOptions } from './histogram.js'
import type { Observer } from './observer.js'

/** What {@link percentile} can be told. */
export interface PercentileOptions extends HistogramOptions {
  /** So many per cent of the values lie within the range, half of the others on each side. Default 99.99. */
  readonly percentile?: number
}

/** The first bin at which more than so many values have been passed. */
const binAfter = (counts: readonly number[], values: number): number => {
  let sum = 0
  for (const [bin, count] of counts.entries()) {
    sum += count
    if (sum > values) return bin
  }
  return counts.length - 1
}

const middle = ({ exponent, first, counts }: Histogram, percentile: number): [number, number] => {
  const width = 2 ** exponent
  const total = counts.reduce((sum, count) => sum + count, 0)
  const outside = (total * (100 - percentile)) / 200
  const start = binAfter(counts, outside)
  const end = counts.length - 1 - binAfter([...counts].reverse(), outside)
  return [(first + start) * width, (first + end + 1) * width]
}

/**
 * Leaves out the extreme values, so many per cent of them; exact to a bin of its histogram.
 *
 * @throws NnfuseError `BAD_OBSERVER`
 */
export const percentile = ({
  percentile: within = 99.99,
  ...options
}: PercentileOptions = {}): Observer<Histogram> => {
  if (!(within > 0 && within <= 100)) throw badObserver(`percentile ${within} is not above 0 and at most 100`)
  return countingObserver('percentile', options, (state) => middle(state, within))
}
