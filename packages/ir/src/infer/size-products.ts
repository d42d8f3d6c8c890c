import type { Dim } from '../value-type.js'

/*
 * Sizes as products of a number and symbols, so that they can be compared and divided where they are not known:
 * flattening [N, 4, h, w] from its third axis gives [N, 4, h·w], and 4 is still what comes behind N. As a `Dim` such a
 * product is written with a dot that stands in no symbol.
 */

/** A product of a whole number, 0 or more, and symbols in their alphabetical order. */
export interface SizeProduct {
  readonly factor: number
  readonly symbols: readonly string[]
}

type Size = SizeProduct | undefined

const dot = '·'

/** More than any shape has axes; products that a file multiplies again and again are given up. */
const mostSymbols = 16

/** Whether a size is written as a product: `4·N`. It is no name of the model's own. */
export const isSizeProduct = (dim: Dim): boolean => typeof dim === 'string' && dim.includes(dot)

const isNumeral = (text: string): boolean => /^\d+$/.test(text)

/** What a size is the product of; undefined where it is not known, or is no size. A symbol is more than digits. */
export const sizeProductOf = (dim: Dim): SizeProduct | undefined => {
  if (dim === null) return undefined
  if (typeof dim === 'number') return dim >= 0 ? { factor: dim, symbols: [] } : undefined
  const [first = '', ...others] = dim.split(dot)
  if (!isNumeral(first)) return { factor: 1, symbols: [first, ...others] }
  return others.length > 0 ? { factor: Number(first), symbols: others } : undefined
}

/** The size that a product is; null for none. */
export const dimOf = (size: Size): Dim => {
  if (size === undefined) return null
  const { factor, symbols } = size
  if (factor === 0 || symbols.length === 0) return factor
  return [...(factor === 1 ? [] : [factor]), ...symbols].join(dot)
}

const one: Size = { factor: 1, symbols: [] }

const times = (a: Size, b: Size): Size => {
  if (a === undefined || b === undefined) return undefined
  const factor = a.factor * b.factor
  const symbols = [...a.symbols, ...b.symbols].sort()
  return Number.isSafeInteger(factor) && symbols.length <= mostSymbols ? { factor, symbols } : undefined
}

/** The product of all, 1 of none; undefined where one is, or where it is too large to be a size. */
export const multiplySizes = (sizes: readonly (SizeProduct | undefined)[]): SizeProduct | undefined =>
  sizes.reduce(times, one)

/** `a / b` where it comes out even whatever the symbols stand for; undefined elsewhere. */
export const divideSizes = (
  a: SizeProduct | undefined,
  b: SizeProduct | undefined,
): SizeProduct | undefined => {
  if (a === undefined || b === undefined || b.factor === 0 || a.factor % b.factor !== 0) return undefined
  const symbols = [...a.symbols]
  for (const symbol of b.symbols) {
    const found = symbols.indexOf(symbol)
    if (found < 0) return undefined
    symbols.splice(found, 1)
  }
  return { factor: a.factor / b.factor, symbols }
}

/** Whether two sizes are the same whatever their symbols stand for. */
export const equalSizes = (a: SizeProduct | undefined, b: SizeProduct | undefined): boolean =>
  a !== undefined && b !== undefined && dimOf(a) === dimOf(b)
