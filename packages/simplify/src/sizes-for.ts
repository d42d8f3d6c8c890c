import type { Dim, ReshapeSize, ValueType } from '@nnfuse/ir'

/** The size of the input at the same place, which has the same symbol. */
const isCopied = (size: Dim, given: Dim | undefined): boolean => typeof size === 'string' && size === given

/** A list with a -1 of its own: every other size must be known, or copied. */
const sizesBeside = (sizes: readonly Dim[], { shape }: ValueType): readonly ReshapeSize[] | undefined => {
  const given = sizes.map((size, axis) => (isCopied(size, shape?.[axis]) ? 'copy' : size))
  const isGiven = (size: Dim): size is number | 'copy' => typeof size === 'number' || size === 'copy'
  const left = given.filter((size) => size === -1)
  return given.every(isGiven) && left.length === 1 ? given : undefined
}

/** What is left to the reshape: at most one size that is not known and not copied. A 0 of the list may be either. */
export const sizesFor = (sizes: readonly Dim[], type: ValueType): readonly ReshapeSize[] | undefined => {
  const { shape } = type
  if (sizes.some((size) => typeof size === 'number' && (size === 0 || size < -1))) return undefined
  if (sizes.includes(-1)) return sizesBeside(sizes, type)
  const open = sizes.flatMap((size, axis) => (typeof size === 'number' ? [] : [axis]))
  const notCopied = open.filter((axis) => !isCopied(sizes[axis] as Dim, shape?.[axis]))
  const [left] = notCopied.length === 0 ? open.slice(-1) : notCopied
  if (notCopied.length > 1) return undefined
  return sizes.map((size, axis) => {
    if (typeof size === 'number') return size
    return axis === left ? -1 : 'copy'
  })
}
