import type { Note } from '@nnfuse/ir'
import type { Placed } from './place-nodes.js'

/** Operators that rules fold into each other: that one of them stays opaque is worth a word. */
const foldable = new Set(['BatchNormalization', 'Conv', 'ConvTranspose', 'Gemm'])

/** Why layers that look foldable were kept as they are. */
export const notePlaces = (placed: readonly Placed[], paths: readonly string[]): Note[] =>
  placed.flatMap(({ node, reason }, i) => {
    const { opType } = node.node
    return reason !== undefined && foldable.has(opType)
      ? [{ path: paths[i] as string, what: opType, reason }]
      : []
  })
