import type { Dim } from '../value-type.js'

/*
 * Arithmetic on sizes. A symbol survives where the result is that symbol whatever it stands for; else the result
 * is null.
 */

const isNumber = (dim: Dim): dim is number => typeof dim === 'number'

export const onNumber = (dim: Dim | undefined, change: (size: number) => number): Dim =>
  typeof dim === 'number' ? change(dim) : null

export const sum = (dims: readonly Dim[]): Dim => {
  if (dims.length === 1) return dims[0] as Dim
  return dims.every(isNumber) ? dims.reduce((total, dim) => total + dim, 0) : null
}

const multiplied = (dims: readonly Dim[]): number =>
  dims.filter(isNumber).reduce((total, dim) => total * dim, 1)

/** The product of some sizes, divided by a number. */
export const quotient = (dims: readonly Dim[], divisor: number): Dim => {
  const others = dims.filter((dim) => !isNumber(dim))
  const size = multiplied(dims) / divisor
  if (others.length === 0) return Number.isSafeInteger(size) ? size : null
  return others.length === 1 && size === 1 ? (others[0] as Dim) : null
}

export const product = (dims: readonly Dim[]): Dim => quotient(dims, 1)

/** What two sizes give that broadcast. */
export const broadcastDim = (a: Dim | undefined, b: Dim | undefined): Dim => {
  if (a === undefined || b === undefined) return a ?? b ?? null
  if (a === 1) return b
  if (b === 1 || a === b) return a
  if (isNumber(a)) return a
  return isNumber(b) ? b : null
}

/** Of sizes that must be the same, the one that says most. */
export const mostPrecise = (dims: readonly (Dim | undefined)[]): Dim =>
  dims.find((dim) => typeof dim === 'number') ?? dims.find((dim) => typeof dim === 'string') ?? null
