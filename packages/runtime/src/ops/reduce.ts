import { numpy as np } from '@jax-js/jax'
import type { Value } from '../device.js'
import { axisOf } from './axis-of.js'

/** The mean over some axes, which stay with size 1; the last first, since shorter sums lose less. */
export const mean = (x: Value, axes: readonly number[]): Value => {
  const { shape } = x
  const descending = axes.map((axis) => axisOf(axis, shape.length)).sort((a, b) => b - a)
  return descending.reduce((value, axis) => np.mean(value, axis, { keepdims: true }), x)
}
