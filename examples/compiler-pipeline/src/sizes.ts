import type { ValueType } from '@nnfuse/ir'

/** The sizes of a value if all of them are numbers. */
export const knownSizes = (type: ValueType | undefined): readonly number[] | undefined =>
  type?.shape?.every((dim) => typeof dim === 'number') === true
    ? (type.shape as readonly number[])
    : undefined
