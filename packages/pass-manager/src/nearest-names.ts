/** Letters to insert, remove or replace to get from one name to the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] as number) + (letter === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1))
    }
    row = next
  }
  return row.at(-1) as number
}

/** Names that somebody who wrote `wanted` may have meant, the nearest first. */
export const nearestNames = (wanted: string, names: Iterable<string>): string[] => {
  const allowed = Math.max(2, Math.floor(wanted.length / 3))
  return [...names]
    .filter((name) => Math.abs(name.length - wanted.length) <= allowed)
    .map((name) => ({ name, far: distance(wanted, name) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far)
    .map(({ name }) => name)
    .slice(0, 3)
}
