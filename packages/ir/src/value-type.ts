import type { DType } from './dtype.js'
import type { Tensor } from './tensor.js'

/**
 * A size: a number, a symbol from the model (`batch`), a product with symbols (`4·batch`, see {@link sizeProductOf}), or
 * null where nothing is known.
 */
export type Dim = number | string | null

/** What is known of a value before anything runs; `undefined` where nothing is. */
export interface ValueType {
  readonly dtype: DType | undefined
  readonly shape: readonly Dim[] | undefined
  /** The value itself, where it is a constant: the sizes of a reshape may be one. */
  readonly value?: Tensor
  /** Of a list of integers, such as the sizes of a reshape: each as far as it is known. Ask `sizesIn`. */
  readonly sizes?: readonly Dim[]
}

/** Of which neither dtype nor shape is known. */
export const unknownType: ValueType = Object.freeze({ dtype: undefined, shape: undefined })

/** Number of axes, or undefined where the shape is unknown. */
export const rankOf = (type: ValueType | undefined): number | undefined => type?.shape?.length

/** `float32[batch, 3, 224, ?]` */
export const formatType = ({ dtype, shape }: ValueType): string =>
  `${dtype ?? '?'}${shape === undefined ? '[...]' : `[${shape.map((dim) => dim ?? '?').join(', ')}]`}`
