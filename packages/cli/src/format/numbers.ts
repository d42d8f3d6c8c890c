/** `1,234,567`; toLocaleString loads what it knows of languages first, which takes 20 ms. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 node`, `2 nodes` */
export const plural = (count: number, singular: string, many = `${singular}s`): string =>
  `${formatCount(count)} ${count === 1 ? singular : many}`

/** `3.1e-7`, `0` */
export const formatDifference = (value: number): string => (value === 0 ? '0' : value.toExponential(1))

/** `0.0001` stays readable: `1e-4` */
export const formatBound = (value: number): string => (value === 0 ? '0' : value.toExponential(0))

/** `12.3 ms`, with three digits that mean something. */
export const formatTime = (milliseconds: number): string => {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const digits = [100, 10, 1].filter((limit) => milliseconds < limit).length
  return `${milliseconds.toFixed(Math.min(digits, 3))} ms`
}

/** `96.40 %` */
export const formatShare = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

/** `-12`, `+3`, `0`, with its share of what there was: `-12 (-3.4 %)` */
export const formatChange = (before: number, after: number): string => {
  const change = after - before
  if (change === 0) return 'same'
  const sign = change > 0 ? '+' : '-'
  const share = before === 0 ? '' : ` (${sign}${((100 * Math.abs(change)) / before).toFixed(1)} %)`
  return `${sign}${formatCount(Math.abs(change))}${share}`
}
