/*
 * a * b + c with one rounding, which JavaScript lacks: the product and the sum are each split into a rounded number
 * and its exact error (Dekker 1971, Knuth), and the errors are added last.
 */

const splitter = 2 ** 27 + 1

/** Two halves of 26 bits, whose products are exact. */
const split = (x: number): [high: number, low: number] => {
  const scaled = splitter * x
  const high = scaled - (scaled - x)
  return [high, x - high]
}

const productError = (a: number, b: number, product: number): number => {
  const [aHigh, aLow] = split(a)
  const [bHigh, bLow] = split(b)
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

const sumError = (a: number, b: number, sum: number): number => {
  const bPart = sum - a
  return a - (sum - bPart) + (b - bPart)
}

/** `a * b + c`, rounded once but for ties of the error terms; operands far from the limits of float64. */
export const fusedMultiplyAdd = (a: number, b: number, c: number): number => {
  const product = a * b
  const sum = product + c
  return sum + (productError(a, b, product) + sumError(product, c, sum))
}
