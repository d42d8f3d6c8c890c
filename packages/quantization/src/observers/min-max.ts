import { cannotMerge } from '../errors.js'
import { extremesOf } from './extremes.js'
import type { Observer, Range } from './observer.js'

const checkChannels = (a: Range, b: Range): void => {
  if (a.min.length === b.min.length) return
  throw cannotMerge('min-max', `one is of ${a.min.length} channels, the other of ${b.min.length}`)
}

/** The range that holds two others. */
const hull = (a: Range | null, b: Range | null): Range | null => {
  if (a === null || b === null) return a ?? b
  checkChannels(a, b)
  return {
    min: a.min.map((low, i) => Math.min(low, b.min[i] as number)),
    max: a.max.map((high, i) => Math.max(high, b.max[i] as number)),
  }
}

/** All that was ever seen lies within the range. torch's MinMaxObserver, and PerChannelMinMaxObserver. */
export const minMax = (): Observer<Range> => ({
  name: 'min-max',
  observe: (state, values, shape, axis) => hull(state, extremesOf(values, shape, axis)),
  merge: hull,
  range: (state) => state,
})
