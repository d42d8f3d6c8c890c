import type { FloatDType } from '@nnfuse/ir'

/** How blocks lie in a kernel's window. */
export interface Layout {
  /** Bytes of elements, from the window's first. */
  readonly length: number
  /** Bytes of the first block, which may have begun before the window. */
  readonly first: number
  /** Bytes of every other block; the last may end behind the window. Neither is more than the window holds. */
  readonly block: number
}

/** Memory to work in, and what can be done there. */
export interface Kernel {
  /** Elements are copied here, changed and copied back: in the processor's cache that costs little. */
  readonly window: Uint8Array
  /** The factor of each block in the window. */
  readonly factors: Float32Array | Float64Array
  /** Multiplies the elements in the window, each by the factor of its block; dtypes that are not here cannot be. */
  readonly scale: { readonly [D in FloatDType]?: (layout: Layout) => void }
}

/** Bytes of a window. */
export const windowSize = 1_048_576

/** Elements have at least two bytes, and blocks at least one element. */
export const mostBlocks = 524_288
