import { type ByteSource, byteLength, operandsOf, type Tensor } from '@nnfuse/ir'

/*
 * Where most of a model's weights are in one file and stay as they are, the new file is that file with some of it
 * changed: each tensor stays where it is, changed ones take the place of what they were made from, and only new ones
 * go to the end. Such a file can be written by having the system copy the old one, which on some file systems copies
 * nothing.
 */

/** A file that a new one resembles, and where tensors stay in it. */
export interface ExternalBase {
  readonly source: ByteSource
  /** Offsets in bytes; no two overlap. */
  readonly homes: ReadonlyMap<Tensor, number>
}

/** Part of a file that a tensor, or what it was made from, is read from. */
interface Home {
  readonly tensor: Tensor
  readonly source: ByteSource
  readonly offset: number
  readonly end: number
  readonly unchanged: boolean
}

const homeOf = (tensor: Tensor): Home | undefined => {
  const length = byteLength(tensor)
  for (let at: Tensor | undefined = tensor; at !== undefined; ) {
    const { storage } = at
    if (storage.type === 'slice') {
      const { source, offset } = storage
      return { tensor, source, offset, end: offset + length, unchanged: at === tensor }
    }
    at = operandsOf(at).find((operand) => byteLength(operand) === length)
  }
  return undefined
}

const bytesOf = (homes: readonly Home[]): number =>
  homes.reduce((sum, { offset, end }) => sum + end - offset, 0)

/** In the order of the file. Of two that want the same place, the tensor that is there already stays. */
const withoutOverlaps = (homes: readonly Home[]): Home[] => {
  const sorted = homes.toSorted((a, b) => a.offset - b.offset || Number(b.unchanged) - Number(a.unchanged))
  const result: Home[] = []
  for (const home of sorted) if (home.offset >= (result.at(-1)?.end ?? 0)) result.push(home)
  return result
}

/** Most of it stays as it is, and hardly anything of it has no use any more. */
const isWorthIt = (homes: readonly Home[], { size }: ByteSource): boolean =>
  bytesOf(homes.filter(({ unchanged }) => unchanged)) >= size / 2 && bytesOf(homes) >= (size * 15) / 16

/**
 * The file that tensors mostly lie in already; undefined where there is none.
 *
 * @param alignmentOf what the offset of a tensor must be a multiple of
 */
export const externalBase = (
  tensors: Iterable<Tensor>,
  alignmentOf: (tensor: Tensor) => number,
): ExternalBase | undefined => {
  const bySource = new Map<ByteSource, Home[]>()
  for (const tensor of new Set(tensors)) {
    const home = homeOf(tensor)
    if (home === undefined || home.offset % alignmentOf(tensor) !== 0) continue
    const homes = bySource.get(home.source)
    if (homes === undefined) bySource.set(home.source, [home])
    else homes.push(home)
  }
  for (const [source, found] of bySource) {
    const homes = withoutOverlaps(found)
    if (isWorthIt(homes, source))
      return { source, homes: new Map(homes.map(({ tensor, offset }) => [tensor, offset])) }
  }
  return undefined
}
