import { elementCount } from '@nnfuse/ir'
import type { NumbersInput } from '@nnfuse/runtime'
import type { Shape } from './generators/layer-generator.js'

/** Mulberry32: numbers from 0 to 1 that a seed decides. */
const uniform = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Float32 inputs between -2 and 2, the same for the same shapes and seed. */
export const randomInputs = (shapes: readonly Shape[], seed: number): NumbersInput[] => {
  const next = uniform(seed)
  return shapes.map((shape) => ({
    data: Float32Array.from({ length: elementCount(shape) }, () => 4 * next() - 2),
    shape,
  }))
}
