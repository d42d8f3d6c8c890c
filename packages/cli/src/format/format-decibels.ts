/** `23.4 dB`, `equal` where nothing differs. */
export const formatDecibels = (decibels: number | null): string =>
  decibels === null ? 'equal' : `${decibels.toFixed(1)} dB`
