/**
 * How near a rewrite stays to what it rewrites:
 *
 * - `bits`: the numbers that PyTorch's own fusion gives, bit for bit, or no number changes at all
 * - `real`: equal in real arithmetic; rounding differs
 * - `border`: equal but where a convolution's window lies over its padding
 */
export type Exactness = 'bits' | 'real' | 'border'

const order: readonly Exactness[] = ['bits', 'real', 'border']

/** Whether a rewrite is at least as exact as is asked. */
export const isExactEnough = (exactness: Exactness, asked: Exactness): boolean =>
  order.indexOf(exactness) <= order.indexOf(asked)

/** Of two, the one that says less. */
export const lessExact = (a: Exactness, b: Exactness): Exactness => (isExactEnough(a, b) ? b : a)
