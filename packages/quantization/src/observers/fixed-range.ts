import type { Observer } from './observer.js'

/** Known from the start, so that nothing need be seen. */
interface Fixed {
  readonly min: readonly [number]
  readonly max: readonly [number]
}

/**
 * A range that is known, whatever is seen: that of a sigmoid, say. torch's FixedQParamsObserver, which is given the scale
 * and the zero point instead.
 *
 * @param max the greatest number of the grid: with 256 steps from 0 on, 255 / 256 for a scale of 1 / 256
 */
export const fixedRange = (min: number, max: number): Observer<Fixed> => {
  const range: Fixed = { min: [min], max: [max] }
  return {
    name: `fixed ${min} to ${max}`,
    start: range,
    observe: () => range,
    merge: () => range,
    range: () => range,
  }
}
