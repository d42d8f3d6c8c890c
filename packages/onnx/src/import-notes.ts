import type { Note } from '@nnfuse/ir'
import type { OnnxDocument } from './document.js'
import type { Placed } from './place-node.js'

/** Operators that rules fold into each other: that one of them stays opaque is worth a word. */
const foldable = new Set(['BatchNormalization', 'Conv', 'ConvTranspose', 'Gemm'])

/** Why layers that look foldable were kept as they are, calls of functions stay calls, and the same inside nodes. */
export const notePlaces = (
  placed: readonly Placed[],
  paths: readonly string[],
  { expansions }: OnnxDocument,
): Note[] =>
  placed.flatMap(({ node, reason, notes }, i) => {
    const { opType } = node.node
    const path = paths[i] as string
    const isNoted = reason !== undefined && (foldable.has(opType) || expansions.has(node))
    return [
      ...(isNoted ? [{ path, what: opType, reason }] : []),
      ...notes.map((note) => ({ ...note, path: `${path}.${note.path}` })),
    ]
  })
