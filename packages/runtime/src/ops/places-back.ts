import { numpy as np } from '@jax-js/jax'
import { type Device, scalar, type Value } from '../device.js'
import type { Place } from './windows.js'

/*
 * The way back of what looks at several elements along an axis. jax-js scatters there, element by element; here each
 * element gathers from the outputs that looked at it.
 */

type Looking = Pick<Place, 'positions'>

/** For each element along an axis, the outputs that look at it. */
const lookersOf = (places: readonly Looking[], size: number): number[][] => {
  const lookers = Array.from({ length: size }, (): number[] => [])
  for (const [output, { positions }] of places.entries()) {
    for (const position of positions) lookers[position]?.push(output)
  }
  return lookers
}

/**
 * The gradient of `[..., outputs, ...]` along an axis becomes one of `[..., size, ...]`: the sum of those of the outputs
 * that look at an element.
 *
 * @param chosen for each output the one position that it looks at, of its places; without it, it looks at all
 */
export const backAlong = (
  dy: Value,
  axis: number,
  places: readonly Looking[],
  size: number,
  device: Device,
  chosen?: Value,
): Value => {
  const lookers = lookersOf(places, size)
  const most = Math.max(1, ...lookers.map(({ length }) => length))
  const table = <T>(cell: (output: number | undefined, element: number) => T): T[] =>
    lookers.flatMap((outputs, element) => Array.from({ length: most }, (_, k) => cell(outputs[k], element)))
  const index = device.array(Int32Array.from(table((output) => output ?? 0)), [size, most], 'int32')
  const gathered = np.take(dy, index.ref, axis)
  const shape = [size, most, ...dy.shape.slice(axis + 1).map(() => 1)]
  // No output looks at position -1.
  const own = device.array(
    Float32Array.from(table((output, element) => (output === undefined ? -1 : element))),
    shape,
    'float32',
  )
  const looks = chosen
    ? np.equal(np.take(chosen, index, axis), own)
    : np.greaterEqual(own, np.full([], 0, { device: dy.device }))
  if (!chosen) index.dispose()
  const zero = scalar(dy, 0)
  return np.where(looks, gathered, zero).sum(axis + 1)
}
