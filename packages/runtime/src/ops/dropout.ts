import { numpy as np, random } from '@jax-js/jax'
import { scalar, type Value } from '../device.js'
import { badInput } from '../errors.js'

/** Keeps each element with probability `1 - p`, scaled so that the expected value stays. */
export const dropout = (x: Value, p: number, seed: number): Value => {
  if (!(p >= 0 && p <= 1)) throw badInput(`the probability ${p} is not between 0 and 1`)
  if (p === 0) return x
  const kept = random.bernoulli(random.key(seed), 1 - p, x.shape)
  const scaled = x.mul(scalar(x, p === 1 ? 0 : 1 / (1 - p)))
  return np.where(kept, scaled, scalar(scaled, 0))
}
