import picocolors from 'picocolors'

/** Colours text, or leaves it as it is. */
export interface Paint {
  readonly title: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
}

/** Colours for a terminal; where there are none every function returns its text. */
export const createPaint = (enabled: boolean): Paint => {
  // Not picocolors' own guess: it also colours pipes where CI or FORCE_COLOR is set.
  const { bold, dim, green, red, yellow } = picocolors.createColors(enabled)
  return { title: bold, faint: dim, good: green, bad: red, warn: yellow }
}

/** Text without colours. */
export const plain: Paint = createPaint(false)
