import { badInput } from '../errors.js'

/** An axis counted from the front, checked. */
export const axisOf = (axis: number, rank: number): number => {
  const along = axis < 0 ? axis + rank : axis
  if (along < 0 || along >= rank) throw badInput(`axis ${axis} is outside of ${rank} dimensions`)
  return along
}
