/*
 * MT19937, seeded as std::mt19937 and torch's CPU generator are, so that a seed gives the numbers that
 * torch.manual_seed gives. Matsumoto and Nishimura, 1998.
 */

const size = 624
const shift = 397

const twist = (state: Uint32Array): void => {
  for (let i = 0; i < size; i += 1) {
    const bits = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % size] as number) & 0x7fffffff)
    const mixed = (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0)
    state[i] = (state[(i + shift) % size] as number) ^ mixed
  }
}

const temper = (word: number): number => {
  let y = word
  y ^= y >>> 11
  y ^= (y << 7) & 0x9d2c5680
  y ^= (y << 15) & 0xefc60000
  return (y ^ (y >>> 18)) >>> 0
}

const seeded = (seed: number): Uint32Array => {
  const state = new Uint32Array(size)
  state[0] = seed
  for (let i = 1; i < size; i += 1) {
    const previous = state[i - 1] as number
    state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i
  }
  return state
}

/** Unsigned 32-bit numbers, the same for the same seed. Only the low 32 bits of the seed count, as in torch. */
export const mersenneTwister = (seed: number): (() => number) => {
  const state = seeded(seed >>> 0)
  let position = size
  return () => {
    if (position === size) {
      twist(state)
      position = 0
    }
    position += 1
    return temper(state[position - 1] as number)
  }
}
