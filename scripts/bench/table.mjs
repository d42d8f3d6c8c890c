/* How results are printed: tables, and what was aimed at beside what was reached. */

/** @typedef {{ what: string, value: number, target: number, atLeast?: boolean, unit?: string }} Measured */
/** @typedef {{ title: string, head: string[], rows: string[][], targets: Measured[], data: unknown }} Section */

/** @param {number} seconds */
export const milliseconds = (seconds) => `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms`

/** @param {number | undefined} value */
export const megabytes = (value) => (value === undefined ? '' : `${value.toFixed(0)} MB`)

/** @param {number} value */
export const times = (value) => `${value.toFixed(2)}x`

/** @param {Measured} measured */
const isMet = ({ value, target, atLeast = false }) => (atLeast ? value >= target : value <= target)

/** @param {Measured} measured */
const targetRow = (measured) => {
  const { what, value, target, atLeast = false, unit = 'x' } = measured
  const wanted = `${atLeast ? 'at least' : 'at most'} ${target}${unit}`
  return [what, `${value.toFixed(unit === 'x' ? 2 : 0)}${unit}`, wanted, isMet(measured) ? 'met' : 'missed']
}

/** @param {string[][]} rows */
const columns = (rows) => {
  const count = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  )
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  return rows.map(line).join('\n')
}

/** @param {Section} section */
export const formatSection = ({ title, head, rows, targets }) => {
  const table = `${title}\n${columns([head, ...rows])}\n`
  if (targets.length === 0) return table
  return `${table}\n${columns([['', 'reached', 'target', ''], ...targets.map(targetRow)])}\n`
}
