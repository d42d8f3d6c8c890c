import { numpy as np } from '@jax-js/jax'
import type { Value } from '../device.js'
import { badInput } from '../errors.js'
import { axisOf } from './axis-of.js'

const fits = (a: number | undefined, b: number | undefined): boolean =>
  a === undefined || b === undefined || a === b || a === 1 || b === 1

/** numpy's rule: aligned at the last axis, sizes are equal or one of them is 1. */
const checkBroadcast = (a: readonly number[], b: readonly number[]): void => {
  const shorter = Math.min(a.length, b.length)
  for (let i = 1; i <= shorter; i += 1) {
    if (!fits(a.at(-i), b.at(-i))) {
      throw badInput(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`)
    }
  }
}

const broadcasting =
  (compute: (a: Value, b: Value) => Value) =>
  (inputs: readonly Value[]): Value => {
    const [a, b] = inputs as readonly [Value, Value]
    checkBroadcast(a.shape, b.shape)
    return compute(a, b)
  }

export const add: (inputs: readonly Value[]) => Value = broadcasting((a, b) => np.add(a, b))
export const sub: (inputs: readonly Value[]) => Value = broadcasting((a, b) => np.subtract(a, b))
export const mul: (inputs: readonly Value[]) => Value = broadcasting((a, b) => np.multiply(a, b))

/**
 * jax-js multiplies by the reciprocal, which rounds twice: of float32 quotients, one in four is off in the last bit. By
 * way of float64, where a device has it, they are right.
 */
export const quotient = (a: Value, b: Value): Value => {
  const exact = a.dtype === np.float32 && b.dtype === np.float32 && a.device === 'wasm'
  return exact ? a.astype(np.float64).div(b.astype(np.float64)).astype(np.float32) : a.div(b)
}

/** Integers are divided as integers: rounded toward zero. */
export const div: (inputs: readonly Value[]) => Value = broadcasting(quotient)

/** jax-js does not differentiate the way through float64. */
export const divByReciprocal: (inputs: readonly Value[]) => Value = broadcasting((a, b) => a.div(b))

/** `a` where the condition is not zero, else `b`. */
export const where = (inputs: readonly Value[]): Value => {
  const [condition, a, b] = inputs as readonly [Value, Value, Value]
  checkBroadcast(condition.shape, a.shape)
  checkBroadcast(condition.shape, b.shape)
  checkBroadcast(a.shape, b.shape)
  return np.where(np.notEqual(condition, 0), a, b)
}

const checkConcat = (shapes: readonly (readonly number[])[], along: number): void => {
  const [first = [], ...rest] = shapes
  for (const shape of rest) {
    if (shape.length !== first.length || shape.some((size, i) => i !== along && size !== first[i])) {
      throw badInput(
        `shapes [${first.join(', ')}] and [${shape.join(', ')}] cannot be joined along axis ${along}`,
      )
    }
  }
}

/** jax-js joins all its arguments in one kernel, and kernels take a limited number. */
const joinedAtOnce = 16

export const concat = (values: readonly Value[], axis: number): Value => {
  const [first] = values
  if (first === undefined) throw badInput('nothing to join')
  const along = axisOf(axis, first.shape.length)
  checkConcat(
    values.map(({ shape }) => shape),
    along,
  )
  let result = first
  for (let i = 1; i < values.length; i += joinedAtOnce) {
    result = np.concatenate([result, ...values.slice(i, i + joinedAtOnce)], along)
  }
  return result
}

/** A scalar becomes `[1]`, as in PyTorch. */
export const flatten = (x: Value, startAxis: number, endAxis: number): Value => {
  const { shape } = x
  if (shape.length === 0) return x.reshape([1])
  const start = axisOf(startAxis, shape.length)
  const end = axisOf(endAxis, shape.length)
  if (end < start) throw badInput(`cannot merge the axes ${start} to ${end}`)
  const merged = shape.slice(start, end + 1).reduce((product, size) => product * size, 1)
  return x.reshape([...shape.slice(0, start), merged, ...shape.slice(end + 1)])
}
