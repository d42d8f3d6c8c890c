import { nanObserved } from '../errors.js'
import type { Range } from './observer.js'

const { fround } = Math

/** Which index along an axis an element has, by its place in row-major order. */
const channelOf = (shape: readonly number[], axis: number): ((i: number) => number) => {
  const inner = shape.slice(axis + 1).reduce((count, dim) => count * dim, 1)
  const channels = shape[axis] as number
  return (i) => Math.floor(i / inner) % channels
}

/** Least and greatest finite values, as float32; null where there are none, for any index along the axis. */
export const extremesOf = (
  values: ArrayLike<number>,
  shape: readonly number[],
  axis: number | null,
): Range | null => {
  const channels = axis === null ? 1 : (shape[axis] ?? 0)
  const place = axis === null ? () => 0 : channelOf(shape, axis)
  const min = new Array<number>(channels).fill(Number.POSITIVE_INFINITY)
  const max = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY)
  for (let i = 0; i < values.length; i += 1) {
    const value = fround(values[i] as number)
    if (Number.isNaN(value)) throw nanObserved()
    if (!Number.isFinite(value)) continue
    const at = place(i)
    if (value < (min[at] as number)) min[at] = value
    if (value > (max[at] as number)) max[at] = value
  }
  return channels > 0 && min.every(Number.isFinite) ? { min, max } : null
}
