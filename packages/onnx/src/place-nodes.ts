import type { OnnxDocument } from './document.js'
import { joinBiases } from './join-biases.js'
import { placeCall } from './place-call.js'
import { type Placed, placeNode } from './place-node.js'
import { checkKnown, type ImportGraph, startReading } from './reading.js'

/**
 * Reads the nodes in order: each becomes a layer, an opaque module, or a constant that the document keeps.
 *
 * @throws NnfuseError `ONNX_DUPLICATE_VALUE`, `ONNX_UNKNOWN_VALUE`, `ONNX_NOT_SORTED`
 */
export const placeNodes = (document: OnnxDocument, importGraph: ImportGraph): readonly Placed[] => {
  const reading = startReading(document, importGraph)
  const placed: Placed[] = []
  for (const node of document.nodes) {
    const expansion = document.expansions.get(node)
    const made =
      typeof expansion === 'object'
        ? placeCall(reading, node, expansion)
        : placeNode(reading, node, { asLayer: false })
    for (const place of made) placed.push(place)
  }
  checkKnown(
    reading,
    document.outputs.map(({ name }) => name),
    'the graph',
  )
  return joinBiases(reading, placed)
}
