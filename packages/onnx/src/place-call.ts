import type { OnnxNode } from './document.js'
import type { Expansion } from './inlined-call.js'
import { type Placed, placeNode } from './place-node.js'
import type { Reading } from './reading.js'

/** Reads the nodes that stand for a call. What the call gives is always made by a layer, never a constant. */
export const placeCall = (reading: Reading, node: OnnxNode, { nodes }: Expansion): Placed[] => {
  const results = new Set(node.node.output)
  const placed = nodes.flatMap((inner) =>
    placeNode(reading, inner, { asLayer: inner.node.output.some((name) => results.has(name)) }),
  )
  reading.document.calls.push({ node, members: placed.map((member) => member.node) })
  return placed
}
