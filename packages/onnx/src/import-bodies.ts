import type { GraphModuleOf, Note } from '@nnfuse/ir'
import type { OnnxNode } from './document.js'
import type { ImportedBodies, OnnxBody } from './inner-graphs.js'
import type { Reading } from './reading.js'

/** What a graph inside a node takes from the graph around it: constants as constants, anything else as its input. */
const capture = ({ document, context }: Reading, { captured, document: body }: OnnxBody): void => {
  for (const name of captured) {
    const tensor = document.tensors.get(name)
    if (tensor === undefined) body.types.set(name, context.type(name))
    else body.tensors.set(name, tensor)
  }
}

/** The graphs inside a node with their layers; what their reader noticed, with paths below the node's. */
export const importBodies = (
  reading: Reading,
  node: OnnxNode,
): { readonly inner: ImportedBodies; readonly notes: readonly Note[] } | undefined => {
  const found = reading.document.bodies.get(node.node)
  if (found === undefined) return undefined
  const roots = new Map<string, GraphModuleOf>()
  const notes: Note[] = []
  for (const body of found.bodies) {
    capture(reading, body)
    const imported = reading.importGraph(body.document)
    roots.set(body.name, imported.root)
    for (const note of imported.notes) notes.push({ ...note, path: `${body.name}.${note.path}` })
  }
  return { inner: { ...found, roots }, notes }
}
