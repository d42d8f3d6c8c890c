import { elementCount, floatTensor, type Tensor } from '@nnfuse/ir'

/** Random choices that a seed decides. */
export interface Dice {
  /** A number from `min` to `max`. */
  between(min: number, max: number): number
  /** True in one of so many cases. */
  oneIn(count: number): boolean
  pick<T>(choices: readonly T[]): T
  tensor(shape: readonly number[], min: number, max: number): Tensor
}

/** Mulberry32. */
const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const diceOf = (seed: number): Dice => {
  const next = uniform(seed)
  const between = (min: number, max: number): number => min + (max - min) * next()
  const below = (count: number): number => Math.floor(next() * count)
  return {
    between,
    oneIn: (count) => below(count) === 0,
    pick: <T>(choices: readonly T[]) => choices[below(choices.length)] as T,
    tensor: (shape, min, max) =>
      floatTensor(
        Float64Array.from({ length: elementCount(shape) }, () => between(min, max)),
        shape,
      ),
  }
}
