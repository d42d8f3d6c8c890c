import { numpy as np } from '@jax-js/jax'
import type { PadPair, ReshapeSize } from '@nnfuse/ir'
import { scalar, type Value } from '../device.js'
import { badInput } from '../errors.js'
import { axisOf } from './axis-of.js'

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1)

/** The input's size at each place that copies it. */
const copied = (shape: readonly number[], sizes: readonly ReshapeSize[]): number[] =>
  sizes.map((size, axis) => {
    if (size !== 'copy') return size
    return shape[axisOf(axis, shape.length)] as number
  })

const resolved = (shape: readonly number[], sizes: readonly ReshapeSize[]): number[] => {
  const wanted = copied(shape, sizes)
  const rest = product(shape) / product(wanted.filter((size) => size !== -1))
  const result = wanted.map((size) => (size === -1 ? rest : size))
  if (product(result) === product(shape) && result.every(Number.isInteger)) return result
  throw badInput(`[${shape.join(', ')}] cannot be reshaped to [${sizes.join(', ')}]`)
}

export const reshape = (x: Value, sizes: readonly ReshapeSize[]): Value => x.reshape(resolved(x.shape, sizes))

export const transpose = (x: Value, perm: readonly number[]): Value => {
  if (perm.length !== x.shape.length)
    throw badInput(`${x.shape.length} axes cannot be put in the order ${perm.join(', ')}`)
  return x.transpose([...perm])
}

export const squeeze = (x: Value, axes: readonly number[]): Value => {
  const removed = axes.map((axis) => axisOf(axis, x.shape.length))
  const larger = removed.find((axis) => x.shape[axis] !== 1)
  if (larger !== undefined) throw badInput(`axis ${larger} has size ${x.shape[larger]}, not 1`)
  return x.reshape(x.shape.filter((_, axis) => !removed.includes(axis)))
}

export const unsqueeze = (x: Value, axes: readonly number[]): Value => {
  const shape = [...x.shape]
  const added = axes.map((axis) => axisOf(axis, x.shape.length + axes.length))
  for (const axis of added.sort((a, b) => a - b)) shape.splice(axis, 0, 1)
  return x.reshape(shape)
}

const block = (like: Value, shape: readonly number[], value: number): Value =>
  np.broadcastTo(scalar(like, value).astype(like.dtype), [...shape])

/** Puts blocks of the value before and after an axis. */
const padAxis = (x: Value, axis: number, [before, after]: PadPair, value: number): Value => {
  const blocks = [before, after].map((size) => {
    const shape = x.shape.map((dim, i) => (i === axis ? size : dim))
    return size === 0 ? [] : [block(x, shape, value)]
  })
  const [start = [], end = []] = blocks
  return start.length + end.length === 0 ? x : np.concatenate([...start, x, ...end], axis)
}

/** jax-js itself pads with zeros only. */
export const pad = (x: Value, pads: readonly PadPair[], value: number): Value => {
  if (pads.length !== x.shape.length)
    throw badInput(`pads ${pads.length} axes, but its input has ${x.shape.length}`)
  return pads.reduce((result, pair, axis) => padAxis(result, axis, pair, value), x)
}
