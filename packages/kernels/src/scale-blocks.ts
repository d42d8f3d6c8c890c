import { bitsPerElement, type ChangePart, type FloatDType } from '@nnfuse/ir'
import type { Blocks } from './blocks.js'
import { jsKernel } from './js-kernel.js'
import { type Kernel, type Layout, windowSize } from './kernel.js'
import { wasmKernel } from './wasm-kernel.js'

/** Made when first asked for: importing this module does nothing. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const plain = once(jsKernel)
const fast = once(wasmKernel)

/** WebAssembly's factors are float32. */
const areFloat32 = (factors: Float64Array): boolean =>
  factors.every((factor) => Math.fround(factor) === factor || Number.isNaN(factor))

const kernelFor = (dtype: FloatDType, factors: Float64Array): Kernel => {
  const kernel = fast()
  return kernel?.scale[dtype] && areFloat32(factors) ? kernel : plain()
}

/** {@link scaleBlocks} with a certain kernel, and the factor of each block. */
export const scaleBlocksWith = (
  { window, factors: given, scale }: Kernel,
  dtype: FloatDType,
  factors: Float64Array,
  size: number,
): ChangePart => {
  const block = (size * bitsPerElement[dtype]) / 8
  const run = scale[dtype] as (layout: Layout) => void
  return (part, offset) => {
    for (let at = 0; at < part.length; at += windowSize) {
      const length = Math.min(windowSize, part.length - at)
      const start = Math.floor((offset + at) / block)
      const first = (start + 1) * block - (offset + at)
      window.set(part.subarray(at, at + length))
      given.set(factors.subarray(start, start + Math.ceil((length - first) / block) + 1))
      run({ length, first: Math.min(first, windowSize), block: Math.min(block, windowSize) })
      part.set(window.subarray(0, length), at)
    }
  }
}

/**
 * Multiplies each element of a weight by the factor of its channel, part by part in place. The product is rounded to
 * float32 (that of a float64 weight is not), then to the weight's dtype: torch's elementwise kernels give the same bits.
 *
 * @param dtype of the weight
 * @param factors one a channel, values of any float dtype
 */
export const scaleBlocks = (
  dtype: FloatDType,
  factors: ArrayLike<number>,
  { size, spread }: Blocks,
): ChangePart => {
  const perBlock = spread(Float64Array.from(factors))
  return scaleBlocksWith(kernelFor(dtype, perBlock), dtype, perBlock, size)
}
