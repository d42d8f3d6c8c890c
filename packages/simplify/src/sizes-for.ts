import { type Dim, divideDims, type ReshapeSize, type ValueType } from '@nnfuse/ir'

type Shape = readonly Dim[] | undefined

/** The size of the input at the same place, which has the same symbol. */
const isCopied = (size: Dim, given: Dim | undefined): boolean => typeof size === 'string' && size === given

/** A list with a -1 of its own: every other size must be known, or copied. */
const sizesBeside = (sizes: readonly Dim[], shape: Shape): readonly ReshapeSize[] | undefined => {
  const given = sizes.map((size, axis) => (isCopied(size, shape?.[axis]) ? 'copy' : size))
  const isGiven = (size: Dim): size is number | 'copy' => typeof size === 'number' || size === 'copy'
  const left = given.filter((size) => size === -1)
  return given.every(isGiven) && left.length === 1 ? given : undefined
}

/** A list without a -1: what is left to the reshape is at most one size that is not known and not copied. */
const sizesOf = (sizes: readonly Dim[], shape: Shape): readonly ReshapeSize[] | undefined => {
  const open = sizes.flatMap((size, axis) => (typeof size === 'number' ? [] : [axis]))
  const notCopied = open.filter((axis) => !isCopied(sizes[axis] as Dim, shape?.[axis]))
  const [left] = notCopied.length === 0 ? open.slice(-1) : notCopied
  if (notCopied.length > 1) return undefined
  return sizes.map((size, axis) => {
    if (typeof size === 'number') return size
    return axis === left ? -1 : 'copy'
  })
}

/** A list with the size that its -1 stands for; undefined where that is not known. */
const withoutRest = (sizes: readonly Dim[], shape: Shape): Shape => {
  const given = sizes.filter((size) => size !== -1)
  const rest = shape && given.length === sizes.length - 1 ? divideDims(shape, given) : null
  return rest === null || rest === 0 ? undefined : sizes.map((size) => (size === -1 ? rest : size))
}

/**
 * What a reshape of a value is told instead of a list of sizes; undefined where more than one would be left to it. A 0 of
 * the list may be a size or a copy.
 */
export const sizesFor = (sizes: readonly Dim[], { shape }: ValueType): readonly ReshapeSize[] | undefined => {
  if (sizes.some((size) => typeof size === 'number' && (size === 0 || size < -1))) return undefined
  if (!sizes.includes(-1)) return sizesOf(sizes, shape)
  const known = withoutRest(sizes, shape)
  return sizesBeside(sizes, shape) ?? (known && sizesOf(known, shape))
}
