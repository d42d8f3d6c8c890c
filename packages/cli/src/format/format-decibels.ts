import { nothingLeft } from '../compare/plain-decibels.js'

/** For those who do not think in decibels. */
export const decibelsNote = '20 dB is a difference of a tenth, 40 dB of a hundredth'

/** `23.4 dB`, `equal` where nothing differs, `lost` where nothing is left. */
export const formatDecibels = (decibels: number | null): string => {
  if (decibels === null) return 'equal'
  return decibels <= nothingLeft ? 'lost' : `${decibels.toFixed(1)} dB`
}
