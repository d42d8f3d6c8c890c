import type { Tensor } from '@nnfuse/ir'
import type { OnnxDocument } from './document.js'
import type { OnnxBody } from './inner-graphs.js'
import type { SettledGraph } from './settle-graph.js'

/** What a graph holds when it is written. */
export interface WrittenGraph {
  readonly nodes: number
  readonly tensors: readonly Tensor[]
}

/** The initializers of a settled graph: those of the file that stay, and new ones. */
export const settledTensors = (
  { initializers, tensors }: SettledGraph,
  document: OnnxDocument | undefined,
): Map<string, Tensor> => {
  const kept = [...(document?.initializers.values() ?? [])].filter(({ name }) => initializers.has(name))
  return new Map([...kept, ...tensors].map(({ name, tensor }) => [name, tensor]))
}

const ofFile = ({ nodes, initializers }: OnnxDocument): WrittenGraph => ({
  nodes: nodes.length,
  tensors: [...initializers.values()].map(({ tensor }) => tensor),
})

/** A graph as it is written, or where it has not changed as the file has it. */
interface Pending {
  readonly document: OnnxDocument | undefined
  readonly settled: SettledGraph | undefined
}

const unchangedIn = ({ bodies }: OnnxDocument): Pending[] =>
  [...bodies.values()].flatMap((entry) =>
    entry.bodies.map(({ document }) => ({ document, settled: undefined })),
  )

const insideOf = (settled: SettledGraph, document: OnnxDocument | undefined): Pending[] =>
  settled.nodes.flatMap((item) => {
    if (item.type === 'island') return []
    const { inner, template } = item.draft
    const bodies: readonly OnnxBody[] =
      inner?.layout.bodies ?? (template && document?.bodies.get(template)?.bodies) ?? []
    const changed = new Map(inner?.written.map((entry) => [entry.body, entry.settled]))
    return bodies.map((body) => ({ document: body.document, settled: changed.get(body) }))
  })

/**
 * A graph and those inside its nodes, at any depth.
 *
 * @param settled undefined: as the file has it
 */
export const writtenGraphs = (
  settled: SettledGraph | undefined,
  document: OnnxDocument | undefined,
): WrittenGraph[] => {
  const graphs: WrittenGraph[] = []
  const stack: Pending[] = [{ settled, document }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { settled, document } = next
    if (settled !== undefined) {
      graphs.push({ nodes: settled.nodes.length, tensors: [...settledTensors(settled, document).values()] })
      stack.push(...insideOf(settled, document))
    } else if (document !== undefined) {
      graphs.push(ofFile(document))
      stack.push(...unchangedIn(document))
    }
  }
  return graphs
}
