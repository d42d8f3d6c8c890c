import { lax, nn, numpy as np } from '@jax-js/jax'
import { type Device, scalar, type Value } from '../device.js'
import { erf } from './erf.js'

/*
 * jax-js computes exp, tanh and erf of float64 arrays in float32 on wasm. Float64 values take the slow way
 * through JavaScript's own functions instead, so that a float64 result is one.
 */

const throughNumbers = async (x: Value, device: Device, compute: (x: number) => number): Promise<Value> => {
  const { shape } = x
  const values = (await x.data()) as Float64Array
  return device.array(values.map(compute), shape, 'float64')
}

const isDouble = (x: Value): boolean => x.dtype === np.float64

export const relu = (x: Value): Value => np.maximum(x, 0)

export const clip = (x: Value, min: number, max: number): Value => {
  const atLeast = min === Number.NEGATIVE_INFINITY ? x : np.maximum(x, scalar(x, min))
  return max === Number.POSITIVE_INFINITY ? atLeast : np.minimum(atLeast, scalar(atLeast, max))
}

export const leakyRelu = (x: Value, negativeSlope: number): Value => {
  const scaled = x.ref.mul(scalar(x, negativeSlope))
  return np.where(np.less(x.ref, 0), scaled, x)
}

export const tanh = (x: Value, device: Device): Value | Promise<Value> =>
  isDouble(x) ? throughNumbers(x, device, Math.tanh) : np.tanh(x)

export const sigmoid = (x: Value, device: Device): Value | Promise<Value> =>
  isDouble(x) ? throughNumbers(x, device, (value) => 1 / (1 + Math.exp(-value))) : nn.sigmoid(x)

/** `x * clip(x + 3, 0, 6) / 6` */
export const hardswish = (x: Value): Value => {
  const gate = clip(x.ref.add(scalar(x, 3)), 0, 6)
  const product = x.mul(gate)
  return product.div(scalar(product, 6))
}

const geluErf = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2))

const inner = Math.sqrt(2 / Math.PI)
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(inner * (x + 0.044715 * x ** 3)))

/** `none`: `x / 2 * (1 + erf(x / sqrt(2)))`; `tanh`: `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))` */
export const gelu = (x: Value, approximate: 'none' | 'tanh', device: Device): Value | Promise<Value> => {
  if (isDouble(x)) return throughNumbers(x, device, approximate === 'none' ? geluErf : geluTanh)
  const gate =
    approximate === 'none'
      ? lax.erf(x.ref.mul(Math.SQRT1_2))
      : np.tanh(x.ref.mul(x.ref).mul(0.044715).add(1).mul(x.ref).mul(inner))
  return x.mul(0.5).mul(gate.add(1))
}
