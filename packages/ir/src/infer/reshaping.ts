import { axesIn } from '../axes.js'
import type { PadPair } from '../kinds/attributes.js'
import type { ReshapeSize } from '../kinds/shape.js'
import type { Dim, ValueType } from '../value-type.js'
import { divideDims, onNumber, product } from './sizes.js'
import { onShape, typed, unknownDims } from './typed.js'

/** The axes stay, with size 1. */
export const averaged = (x: ValueType, axes: readonly number[]): ValueType =>
  onShape(x, (shape) => {
    const gone = axesIn(axes, shape.length)
    return gone && shape.map((dim, axis) => (gone.includes(axis) ? 1 : dim))
  })

/** From axis 1 to the last, two axes are left whatever the shape was. */
export const flattened = (x: ValueType, startAxis: number, endAxis: number): ValueType => {
  if (x.shape === undefined && startAxis === 1 && endAxis === -1) return typed(x.dtype, [null, null])
  return onShape(x, (shape) => {
    const start = startAxis < 0 ? startAxis + shape.length : startAxis
    const end = endAxis < 0 ? endAxis + shape.length : endAxis
    if (end < start) return shape
    return [...shape.slice(0, start), product(shape.slice(start, end + 1)), ...shape.slice(end + 1)]
  })
}

/** What -1 stands for. An axis that is copied is on both sides, so it does not matter how large it is. */
const remaining = (shape: readonly Dim[], sizes: readonly ReshapeSize[]): Dim => {
  const given = shape.filter((_, axis) => sizes[axis] !== 'copy')
  const wanted = sizes.filter((size) => size !== 'copy' && size !== -1) as number[]
  return divideDims(given, wanted)
}

/** The number of axes is certain even where nothing is known of the input. */
export const reshaped = (x: ValueType, sizes: readonly ReshapeSize[]): ValueType =>
  typed(
    x.dtype,
    sizes.map((size, axis): Dim => {
      if (size === 'copy') return x.shape?.[axis] ?? null
      if (size !== -1) return size
      return x.shape ? remaining(x.shape, sizes) : null
    }),
  )

const shapeFor = (x: ValueType, axes: readonly unknown[]): readonly Dim[] =>
  x.shape?.length === axes.length ? x.shape : unknownDims(axes.length)

export const transposed = (x: ValueType, perm: readonly number[]): ValueType => {
  const shape = shapeFor(x, perm)
  return typed(
    x.dtype,
    perm.map((axis) => shape[axis] ?? null),
  )
}

export const squeezed = (x: ValueType, axes: readonly number[]): ValueType =>
  onShape(x, (shape) => {
    const removed = axesIn(axes, shape.length)
    return removed && shape.filter((_, axis) => !removed.includes(axis))
  })

export const unsqueezed = (x: ValueType, axes: readonly number[]): ValueType =>
  onShape(x, (shape) => {
    const added = axesIn(axes, shape.length + axes.length)
    const result = [...shape]
    for (const axis of [...(added ?? [])].sort((a, b) => a - b)) result.splice(axis, 0, 1)
    return added && result
  })

export const padded = (x: ValueType, pads: readonly PadPair[]): ValueType => {
  const dims = shapeFor(x, pads).map((dim, axis) => {
    const [before, after] = pads[axis] as PadPair
    return before + after === 0 ? dim : onNumber(dim, (size) => size + before + after)
  })
  return typed(x.dtype, dims)
}
