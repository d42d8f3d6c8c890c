import { numpy as np } from '@jax-js/jax'
import type { MaxPoolAttrs } from '@nnfuse/ir'
import type { Device, Value } from '../device.js'
import type { WayBack } from '../way-back.js'
import { backAlong } from './places-back.js'
import { averageFactors, averageOf, maxPlaces } from './pooling.js'
import type { Place } from './windows.js'

/*
 * A window gives its gradient to its largest element, as torch does: to the first in row-major order where several are
 * as large. Axis by axis, that is the first row that has it, and the first in that row: so rows are searched first, from
 * the last axis on, and the way back goes from the first axis on.
 */

/** A position that no element has. */
const nowhere = 2 ** 30

/** The largest along an axis, and the position of the first that is as large, `[..., outputs, ...]` both. */
const largestAlong = (
  x: Value,
  axis: number,
  places: readonly Place[],
  device: Device,
): readonly [value: Value, chosen: Value] => {
  const width = Math.max(...places.map(({ positions }) => positions.length))
  // Where a window has fewer, its first element stands in for those.
  const from = places.flatMap(({ positions: [first = 0, ...rest] }) =>
    Array.from({ length: width }, (_, k) => (k === 0 ? first : (rest[k - 1] ?? first))),
  )
  const gathered = np.take(x, device.array(Int32Array.from(from), [places.length, width], 'int32'), axis)
  const value = np.max(gathered.ref, axis + 1)
  const [before, after] = [value.shape.slice(0, axis + 1), value.shape.slice(axis + 1)]
  const largest = value.ref.reshape([...before, 1, ...after])
  const at = device.array(Float32Array.from(from), [places.length, width, ...after.map(() => 1)], 'float32')
  const none = np.full([], nowhere, { dtype: np.float32, device: x.device })
  return [value, np.min(np.where(np.equal(gathered, largest), at, none), axis + 1)]
}

/** Max pooling and its gradient; undefined where a window has no element. Consumes its input unless undefined. */
export const maxPoolWithWayBack = (attrs: MaxPoolAttrs, x: Value, device: Device): WayBack | undefined => {
  const places = maxPlaces(x.shape, attrs)
  if (places.flat().some(({ positions }) => positions.length === 0)) return undefined
  const sizes = x.shape.slice(2)
  const chosen: Value[] = []
  let value = x
  for (const [i, along] of [...places.entries()].reverse()) {
    const [largest, at] = largestAlong(value, i + 2, along, device)
    value = largest
    chosen[i] = at
  }
  return {
    value,
    back: (dy) => [
      chosen.reduce(
        (gradient, at, i) =>
          backAlong(gradient, i + 2, places[i] as Place[], sizes[i] as number, device, at.ref),
        dy.ref,
      ),
    ],
    dispose: () => {
      for (const at of chosen) at.dispose()
    },
  }
}

/** Averages of places, and their gradient; consumes its input. */
export const averageWithWayBack = (
  x: Value,
  places: readonly (readonly Place[])[],
  device: Device,
): WayBack => {
  const sizes = x.shape.slice(2)
  return {
    value: averageOf(x, places, device),
    back: (dy) => [
      places.reduce(
        (gradient, along, i) => backAlong(gradient, i + 2, along, sizes[i] as number, device),
        dy.ref.mul(averageFactors(dy, places, device)),
      ),
    ],
    dispose: () => undefined,
  }
}
