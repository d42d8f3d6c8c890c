import type { Dim } from '../value-type.js'
import { dimOf, divideSizes, multiplySizes, sizeProductOf } from './size-products.js'

/*
 * Arithmetic on sizes. A product of symbols is written as one, `4·N`; what else is not known is null.
 */

const isNumber = (dim: Dim): dim is number => typeof dim === 'number'

export const onNumber = (dim: Dim | undefined, change: (size: number) => number): Dim =>
  typeof dim === 'number' ? change(dim) : null

export const sum = (dims: readonly Dim[]): Dim => {
  if (dims.length === 1) return dims[0] as Dim
  return dims.every(isNumber) ? dims.reduce((total, dim) => total + dim, 0) : null
}

const productOf = (dims: readonly Dim[]) => multiplySizes(dims.map(sizeProductOf))

/**
 * The product of some sizes, divided by that of others: what -1 stands for in a reshape. Null where it is not known, or
 * does not come out even.
 */
export const divideDims = (dims: readonly Dim[], divisors: readonly Dim[]): Dim =>
  dimOf(divideSizes(productOf(dims), productOf(divisors)))

export const product = (dims: readonly Dim[]): Dim => dimOf(productOf(dims))

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
