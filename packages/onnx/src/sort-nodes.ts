import { cannotExpress } from './errors.js'

/** A node with its place in the original order, and what it takes and makes. */
export interface Sortable {
  readonly order: number
  readonly uses: readonly string[]
  readonly makes: readonly string[]
  readonly path: string
}

interface Waiting<T> {
  readonly item: T
  readonly rank: number
  missing: number
}

/** A binary heap of numbers, the smallest first. */
class Heap {
  readonly #items: number[] = []

  push(value: number): void {
    const items = this.#items
    let at = items.length
    items.push(value)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((items[parent] as number) <= value) break
      items[at] = items[parent] as number
      at = parent
    }
    items[at] = value
  }

  pop(): number | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (items.length > 0 && last !== undefined) this.#sink(last)
    return first
  }

  #sink(value: number): void {
    const items = this.#items
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      const right = child + 1
      const least =
        right < items.length && (items[right] as number) < (items[child] as number) ? right : child
      if ((items[least] as number) >= value) break
      items[at] = items[least] as number
      at = least
    }
    items[at] = value
  }
}

const byOrder = <T extends Sortable>(nodes: readonly T[]): Waiting<T>[] =>
  nodes
    .map((item, i) => ({ item, i }))
    .sort((a, b) => a.item.order - b.item.order || a.i - b.i)
    .map(({ item }, rank) => ({ item, rank, missing: 0 }))

const usersOf = <T extends Sortable>(
  ranked: readonly Waiting<T>[],
): ReadonlyMap<string, readonly Waiting<T>[]> => {
  const makers = new Set(ranked.flatMap(({ item }) => item.makes))
  const users = new Map<string, Waiting<T>[]>()
  for (const waiting of ranked) {
    for (const name of new Set(waiting.item.uses)) {
      if (!makers.has(name)) continue
      waiting.missing += 1
      const list = users.get(name)
      if (list === undefined) users.set(name, [waiting])
      else list.push(waiting)
    }
  }
  return users
}

/**
 * The nodes in their original order, but each behind what it uses.
 *
 * @throws NnfuseError `CANNOT_EXPRESS` where they form a cycle
 */
export const sortNodes = <T extends Sortable>(nodes: readonly T[]): T[] => {
  const ranked = byOrder(nodes)
  const users = usersOf(ranked)
  const ready = new Heap()
  for (const { rank, missing } of ranked) if (missing === 0) ready.push(rank)
  const sorted: T[] = []
  for (let rank = ready.pop(); rank !== undefined; rank = ready.pop()) {
    const { item } = ranked[rank] as Waiting<T>
    sorted.push(item)
    for (const user of item.makes.flatMap((name) => users.get(name) ?? [])) {
      user.missing -= 1
      if (user.missing === 0) ready.push(user.rank)
    }
  }
  if (sorted.length < nodes.length) {
    const stuck = ranked.find(({ missing }) => missing > 0)
    throw cannotExpress(stuck?.item.path ?? '', 'it needs, directly or not, what it makes itself')
  }
  return sorted
}
