import { readAttributes } from '../attributes.js'
import { combined, unary } from './arithmetic.js'
import type { Evaluator } from './evaluator.js'
import { peekScalar } from './peek.js'

/*
 * Functions of each element of a constant, in double precision and rounded once.
 */

export const sqrt: Evaluator = unary({ floats: (x) => Math.sqrt(x), integers: undefined })
export const neg: Evaluator = unary({ floats: (x) => -x, integers: (x) => -x })
export const abs: Evaluator = unary({ floats: Math.abs, integers: Math.abs })
export const reciprocal: Evaluator = unary({ floats: (x) => 1 / x, integers: undefined })

/** Where a last digit more or less makes another whole number. */
const rounding =
  (floats: (x: number) => number): Evaluator =>
  (node, inputs, ...rest) =>
    inputs[0]?.approximate ? undefined : unary({ floats, integers: undefined })(node, inputs, ...rest)

export const floor: Evaluator = rounding(Math.floor)
export const ceil: Evaluator = rounding(Math.ceil)

const approximately = (floats: (x: number) => number): Evaluator =>
  unary({ floats, integers: undefined, approximate: true })

export const exp: Evaluator = approximately(Math.exp)
export const log: Evaluator = approximately(Math.log)
export const sin: Evaluator = approximately(Math.sin)
export const cos: Evaluator = approximately(Math.cos)
export const tanh: Evaluator = approximately(Math.tanh)
export const sigmoid: Evaluator = approximately((x) => 1 / (1 + Math.exp(-x)))

/** The smaller of what is not below the least and the greatest; a bound that is left out bounds nothing. */
export const clip: Evaluator = (node, [x, ...bounds]) => {
  const given = readAttributes(node, { min: 'float', max: 'float' })
  if (x === undefined || typeof given === 'string') return undefined
  const [least, most] = ([0, 1] as const).map((i) => bounds[i] && peekScalar(bounds[i]))
  const isOpen = [least, most].some((bound, i) => bounds[i] && (bound === undefined || bounds[i].approximate))
  const [low, high] = [
    least ?? given.min ?? Number.NEGATIVE_INFINITY,
    most ?? given.max ?? Number.POSITIVE_INFINITY,
  ]
  const clamp = (value: number): number => Math.min(Math.max(value, low), high)
  return isOpen ? undefined : combined(x, x, { floats: clamp, integers: clamp })
}
