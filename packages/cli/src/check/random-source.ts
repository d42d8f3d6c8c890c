/** A stream of random numbers that is the same for the same seed, on every machine. */
export interface RandomSource {
  /** In [0, 1). */
  uniform(): number
  /** With mean 0 and standard deviation 1. */
  normal(): number
  /** A whole number in [0, limit). */
  below(limit: number): number
}

/** Mulberry32, by Tommy Ettinger (public domain): 32 bits of state are plenty for test inputs. */
const mulberry32 = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Random numbers from a seed. */
export const randomSource = (seed: number): RandomSource => {
  const uniform = mulberry32(seed)
  return {
    uniform,
    // Box and Muller; 1 - u is never 0, so the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (limit) => Math.floor(uniform() * limit),
  }
}
