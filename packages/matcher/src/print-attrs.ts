/** Stands for a part of a pattern that is a condition: what it asks cannot be printed. */
export const condition = '…'

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Conditions of ts-pattern, such as `P.number.gt(0)`, are functions or carry symbols. */
const isCondition = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && Object.getOwnPropertySymbols(value).length > 0)

/** A pattern over attributes as text: `{ groups: 1, stride: … }`. Two patterns without `…` and with the same text are the same. */
export const printAttrs = (pattern: unknown): string => {
  if (isCondition(pattern)) return condition
  if (Array.isArray(pattern)) return `[${pattern.map(printAttrs).join(', ')}]`
  if (!isPlainObject(pattern)) return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern)
  const entries = Object.entries(pattern).map(([key, value]) => `${key}: ${printAttrs(value)}`)
  return `{ ${entries.join(', ')} }`
}
