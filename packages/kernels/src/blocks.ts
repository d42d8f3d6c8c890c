/** Which channel each element of a weight belongs to. Blocks are what is left of the weight after its first axes. */
export interface Blocks {
  /** Elements of a block, all of one channel. */
  readonly size: number
  /** The factor of each block, from the factors of the channels. */
  readonly spread: (factors: Float64Array) => Float64Array
}

const product = (dims: readonly number[]): number => dims.reduce((count, dim) => count * dim, 1)

const asTheyAre = (factors: Float64Array): Float64Array => factors

/** `[outChannels, ...]`: a block an output channel. Also right for groups, and for linear layers. */
export const leadingChannels = (shape: readonly number[]): Blocks => ({
  size: product(shape.slice(1)),
  spread: asTheyAre,
})

/**
 * `[inChannels, outChannels / groups, ...]`: block (i, j) belongs to output channel `floor(i / I) * G + j`, where each
 * group has I input and G output channels. PyTorch broadcasts along the second axis and is wrong for groups.
 */
export const transposedChannels = (shape: readonly number[], groups: number): Blocks => {
  const [inChannels = 0, perGroup = 0] = shape
  const inPerGroup = inChannels / groups
  return {
    size: product(shape.slice(2)),
    spread: (factors) => {
      const spread = new Float64Array(inChannels * perGroup)
      for (let i = 0; i < inChannels; i += 1) {
        const start = Math.floor(i / inPerGroup) * perGroup
        spread.set(factors.subarray(start, start + perGroup), i * perGroup)
      }
      return spread
    },
  }
}
