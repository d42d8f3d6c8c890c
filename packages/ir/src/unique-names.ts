/** Gives out names that were not given out before: `conv`, `conv_1`, `conv_2`. `taken` are never given out. */
export const uniqueNames = (taken: Iterable<string> = []): ((name: string) => string) => {
  const used = new Set(taken)
  const next = new Map<string, number>()
  return (name) => {
    let candidate = name
    let count = next.get(name) ?? 0
    while (used.has(candidate)) {
      count += 1
      candidate = `${name}_${count}`
    }
    next.set(name, count)
    used.add(candidate)
    return candidate
  }
}
