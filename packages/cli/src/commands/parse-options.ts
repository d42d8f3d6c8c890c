import { badDim, badNumber } from '../errors.js'

/** A whole number of at least `least`, at most 2^31. */
export const wholeNumber =
  (option: string, least: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= 2 ** 31) return value
    throw badNumber(option, text, `a whole number of at least ${least}`)
  }

/**
 * Adds one `name=size` to those before it. The last `=` divides, so names may hold others.
 *
 * @throws NnfuseError `BAD_DIM`.
 */
export const addDim = (
  text: string,
  before: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> => {
  const [, name, size] = /^(.+)=(\d{1,9})$/s.exec(text) ?? []
  if (name === undefined || Number(size) < 1) throw badDim(text)
  return new Map([...before, [name, Number(size)]])
}
