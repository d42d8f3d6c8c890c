import type { DType } from '../dtype.js'
import type { Dim, ValueType } from '../value-type.js'

export const typed = (dtype: DType | undefined, shape: readonly Dim[] | undefined): ValueType => ({
  dtype,
  shape,
})

/** The same dtype with another shape; unknown where the shape was. */
export const onShape = (
  x: ValueType,
  change: (shape: readonly Dim[]) => readonly Dim[] | undefined,
): ValueType => typed(x.dtype, x.shape === undefined ? undefined : change(x.shape))

/** Another value of the same type. */
export const alike = ({ dtype, shape }: ValueType): ValueType => typed(dtype, shape)

/** So many sizes of which nothing is known. */
export const unknownDims = (rank: number): readonly Dim[] => new Array<Dim>(rank).fill(null)
