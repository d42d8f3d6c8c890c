import { isStandard, layerNodes, type OnnxDocument, type OnnxNode } from './document.js'
import type { OpenExternal } from './external-data.js'
import { type GraphPiece, readPiece } from './index-file.js'
import { createInliner, type Inliner } from './inline-functions.js'
import type { OnnxBodies, OnnxBody } from './inner-graphs.js'
import { readDocument } from './read-document.js'
import { graphNames, graphsOf } from './subgraphs.js'
import { collectFields, type FieldSpan, runScan, type Span, type Window, windowOf } from './wire.js'

/*
 * What stands inside the nodes of a graph: the graphs in their attributes, each read as if it were a file, and the
 * nodes of functions in place of the calls of these.
 *
 *   NodeProto { 5 attribute, ... }    AttributeProto { 6 g, 11 graphs, ... }
 */

const attributeField = 5
const graphField = 6
const graphsField = 11

/** A graph to be read, and the fields that it stands in. */
interface FoundGraph {
  readonly name: string
  readonly pieces: readonly FieldSpan[]
}

const graphsIn = (name: string, fields: readonly FieldSpan[]): FoundGraph[] => {
  const pieces = fields.filter(({ field }) => field === graphField)
  const list = fields.filter(({ field }) => field === graphsField)
  return [
    ...(pieces.length > 0 ? [{ name, pieces }] : []),
    ...list.map((piece, i) => ({ name: `${name}_${i}`, pieces: [piece] })),
  ]
}

const contentOf = (window: Window, { contentStart, end }: FieldSpan): Promise<FieldSpan[]> =>
  runScan(window, collectFields(window, { start: contentStart, end }))

const onlyField = async (window: Window, span: Span): Promise<FieldSpan> =>
  (await runScan(window, collectFields(window, span)))[0] as FieldSpan

/** How a graph inside a node is read. */
interface InnerReader {
  readonly window: Window
  readonly document: OnnxDocument
  readonly openExternal: OpenExternal | undefined
}

const readInner = async (
  { window, document, openExternal }: InnerReader,
  { pieces }: FoundGraph,
): Promise<OnnxDocument> => {
  const graphs: GraphPiece[] = []
  for (const piece of pieces) graphs.push(await runScan(window, readPiece(window, piece)))
  const entries = graphs.flatMap((graph) => graph.entries)
  const index = { ...document.index, source: window.source, graphs, entries }
  return { ...(await readDocument(index, openExternal)), outer: document }
}

const readAttribute = async (
  reader: InnerReader,
  attribute: FieldSpan,
  { node }: OnnxNode,
  position: number,
): Promise<OnnxBody[]> => {
  const proto = node.attribute[position]
  if (proto === undefined) return []
  const fields = await contentOf(reader.window, attribute)
  const graphs = graphsOf({ ...node, attribute: [proto] })
  const bodies: OnnxBody[] = []
  for (const [i, found] of graphsIn(proto.name, fields).entries()) {
    const graph = graphs[i]
    if (graph === undefined) return []
    const document = await readInner(reader, found)
    const { captured } = graphNames([graph])
    for (const name of captured) document.captured.add(name)
    bodies.push({ name: found.name, attribute, fields, captured, document })
  }
  return bodies
}

const haveNames = (bodies: readonly OnnxBody[]): boolean =>
  new Set(bodies.map(({ name }) => name)).size === bodies.length && bodies.every(({ name }) => name !== '')

/** The graphs in a node's attributes; undefined where there are none, or only its operator knows what they mean. */
const readBodies = async (
  document: OnnxDocument,
  node: OnnxNode,
  openExternal: OpenExternal | undefined,
): Promise<OnnxBodies | undefined> => {
  if (!isStandard(node.node, document) || graphsOf(node.node).length === 0) return undefined
  const window = windowOf(node.source)
  const fields = await contentOf(window, await onlyField(window, node.span))
  const bodies: OnnxBody[] = []
  const attributes = fields.filter(({ field }) => field === attributeField)
  for (const [i, attribute] of attributes.entries())
    bodies.push(...(await readAttribute({ window, document, openExternal }, attribute, node, i)))
  return bodies.length > 0 && haveNames(bodies) ? { node, fields, bodies } : undefined
}

const expandCalls = async (document: OnnxDocument, inliner: Inliner, depth: number): Promise<void> => {
  for (const node of document.nodes) {
    const expansion = await inliner(node, depth)
    if (expansion !== undefined) document.expansions.set(node, expansion)
  }
}

/**
 * Reads what stands inside the nodes of a file, at any depth. Fills in the document.
 *
 * @throws NnfuseError as `readDocument` does, for graphs inside nodes
 */
export const readInnerGraphs = async (
  document: OnnxDocument,
  openExternal: OpenExternal | undefined,
): Promise<void> => {
  const inliner = createInliner(document)
  const stack = [{ document, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { document, depth } = next
    await expandCalls(document, inliner, depth)
    for (const node of layerNodes(document)) {
      const bodies = await readBodies(document, node, openExternal)
      if (bodies === undefined) continue
      document.bodies.set(node.node, bodies)
      for (const body of bodies.bodies) stack.push({ document: body.document, depth: depth + 1 })
    }
  }
}
