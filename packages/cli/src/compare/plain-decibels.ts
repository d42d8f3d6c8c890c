/** Nothing is left of the signal, or one number is NaN where the other is not. */
export const nothingLeft = -100

/** Decibels as JSON can say them: null where nothing differs, and no less than -100. */
export const plainDecibels = (decibels: number): number | null =>
  decibels === Number.POSITIVE_INFINITY ? null : Math.max(decibels, nothingLeft)
