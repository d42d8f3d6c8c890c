import { elementCount, type Tensor } from '@nnfuse/ir'
import { derivedTensor } from './derived-tensor.js'
import { elementSize, pickElements } from './pick-elements.js'

/** Places along an axis: known, or in tensors that are read when the result is. */
export interface Places {
  readonly tensors: readonly Tensor[]
  /** Gets the bytes of these. */
  readonly read: (...bytes: readonly Uint8Array[]) => readonly number[]
}

/** The slices of a tensor along an axis that stand at some places. */
export const gathered = (
  tensor: Tensor,
  axis: number,
  { tensors, read }: Places,
  indexShape: readonly number[],
): Tensor | undefined => {
  const size = elementSize(tensor)
  if (size === undefined) return undefined
  const { shape } = tensor
  const along = shape[axis] as number
  const inner = elementCount(shape.slice(axis + 1)) * size
  const outer = elementCount(shape.slice(0, axis))
  const compute = (bytes: Uint8Array, ...others: readonly Uint8Array[]): Uint8Array => {
    const places = read(...others)
    return pickElements(bytes, inner, outer * places.length, (copy) => {
      for (let row = 0; row < outer; row += 1)
        for (const [i, place] of places.entries()) copy(row * along + place, row * places.length + i)
    })
  }
  return derivedTensor(
    { dtype: tensor.dtype, shape: [...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)] },
    [tensor, ...tensors],
    compute,
  )
}

/** Tensors of one type joined along an axis. */
export const concatenated = (tensors: readonly Tensor[], axis: number): Tensor | undefined => {
  const [first] = tensors
  const size = first && elementSize(first)
  if (first === undefined || size === undefined) return undefined
  const widths = tensors.map(({ shape }) => elementCount(shape.slice(axis)) * size)
  const outer = elementCount(first.shape.slice(0, axis))
  const compute = (...inputs: readonly Uint8Array[]): Uint8Array => interleaved(inputs, widths, outer)
  const along = tensors.reduce((sum, { shape }) => sum + (shape[axis] as number), 0)
  const shape = first.shape.map((dim, i) => (i === axis ? along : dim))
  return derivedTensor({ dtype: first.dtype, shape }, tensors, compute)
}

const interleaved = (inputs: readonly Uint8Array[], widths: readonly number[], rows: number): Uint8Array => {
  const result = new Uint8Array(widths.reduce((a, b) => a + b, 0) * rows)
  let at = 0
  for (let row = 0; row < rows; row += 1) {
    for (const [i, width] of widths.entries()) {
      result.set((inputs[i] as Uint8Array).subarray(row * width, (row + 1) * width), at)
      at += width
    }
  }
  return result
}
