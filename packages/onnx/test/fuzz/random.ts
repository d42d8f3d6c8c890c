/** Random choices that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to `count - 1`. */
  below(count: number): number
  pick<T>(items: readonly [T, ...T[]]): T
}

/** Mulberry32. */
export const randomOf = (seed: number): Random => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return { below, pick: (items) => items[below(items.length)] as (typeof items)[number] }
}
