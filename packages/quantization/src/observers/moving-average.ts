import { badObserver, cannotMerge } from '../errors.js'
import { extremesOf } from './extremes.js'
import type { Observer, Range } from './observer.js'

const { fround } = Math

/** What {@link movingAverage} can be told. */
export interface MovingAverageOptions {
  /** Weight of the newest values. Default 0.01; 1 forgets all others. */
  readonly averagingConstant?: number
}

/**
 * Extremes of each tensor, averaged: the newest has the weight `averagingConstant`. torch's
 * MovingAverageMinMaxObserver, and its variant for channels.
 *
 * The result depends on the order of the tensors, so states cannot be merged.
 *
 * @throws NnfuseError `BAD_OBSERVER`
 */
export const movingAverage = ({ averagingConstant = 0.01 }: MovingAverageOptions = {}): Observer<Range> => {
  if (!(averagingConstant > 0 && averagingConstant <= 1)) {
    throw badObserver(`the averaging constant ${averagingConstant} is not above 0 and at most 1`)
  }
  const factor = fround(averagingConstant)
  const towards = (old: number, seen: number): number => fround(old + fround(factor * fround(seen - old)))
  return {
    name: 'moving-average',
    observe: (state, values, shape, axis) => {
      const seen = extremesOf(values, shape, axis)
      if (state === null || seen === null) return seen ?? state
      return {
        min: state.min.map((low, i) => towards(low, seen.min[i] as number)),
        max: state.max.map((high, i) => towards(high, seen.max[i] as number)),
      }
    },
    merge: (a, b) => {
      if (a !== null && b !== null) throw cannotMerge('moving-average', 'an average depends on the order')
      return a ?? b
    },
    range: (state) => state,
  }
}
