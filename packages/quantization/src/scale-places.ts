import { elementCount, type Tensor } from '@nnfuse/ir'
import type { QuantSpec } from './quant-spec.js'
import type { FixedGrid } from './quantized-tensors.js'

const { ceil, floor } = Math

/** Where elements stand along an axis. */
interface Along {
  readonly size: number
  /** How many elements there are for each index. */
  readonly inner: number
}

const alongAxis = ({ shape }: Tensor, axis: number): Along => ({
  size: shape[axis] as number,
  inner: elementCount(shape.slice(axis + 1)),
})

/** For each element the place of its scale. */
export const scalePlace = (
  tensor: Tensor,
  { spec: { axis }, blockSize }: Pick<FixedGrid, 'spec' | 'blockSize'>,
): ((i: number) => number) => {
  if (axis === null) return () => 0
  const { size, inner } = alongAxis(tensor, axis)
  if (blockSize === undefined) return (i) => floor(i / inner) % size
  const blocks = ceil(size / blockSize)
  return (i) => {
    const row = floor(i / inner)
    return (floor(row / size) * blocks + floor((row % size) / blockSize)) * inner + (i % inner)
  }
}

/** What shape the scales of a weight have. */
export const scaleShape = (
  { shape }: Tensor,
  axis: number | null,
  blockSize: number | undefined,
): number[] => {
  if (axis === null) return []
  const size = shape[axis] as number
  return blockSize === undefined ? [size] : shape.map((dim, i) => (i === axis ? ceil(size / blockSize) : dim))
}

/** Each block as a row, the last one of an axis filled up with zeros, which are on every grid. */
export const inRows = (
  values: ArrayLike<number>,
  tensor: Tensor,
  spec: QuantSpec,
  blockSize: number,
): { readonly values: Float64Array; readonly shape: readonly number[] } => {
  const axis = spec.axis as number
  const { size, inner } = alongAxis(tensor, axis)
  const place = scalePlace(tensor, { spec, blockSize })
  const shape = [elementCount(scaleShape(tensor, axis, blockSize)), blockSize]
  const rows = new Float64Array(elementCount(shape))
  for (let i = 0; i < values.length; i += 1) {
    const within = (floor(i / inner) % size) % blockSize
    rows[place(i) * blockSize + within] = values[i] as number
  }
  return { values: rows, shape }
}
