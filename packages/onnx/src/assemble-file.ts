import { unknownType } from '@nnfuse/ir'
import type { OnnxDocument, OnnxInitializer, OnnxValueInfo } from './document.js'
import { encodeNode, isUnchanged } from './encode-node.js'
import { embedTensor, encodeTensor } from './encode-tensor.js'
import { inputTypesNeeded } from './errors.js'
import type { GraphEntry } from './graph-entry.js'
import { copySegment, joinSegments, messageField, type Segment, segmentsField } from './segments.js'
import type { NewTensor, SettledGraph, WrittenNode } from './settle-graph.js'
import { agrees, infoField, type Listed, placeInfos } from './write-infos.js'

/*
 * The new file field by field in the order of the old one. What has not changed is a copy of the old bytes, so an
 * unchanged model gives the same file.
 */

/** Numbers of the fields of GraphProto. */
export const graphFields = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const

/** A node's field: the bytes of the file where they are still right. */
export const nodeField = (item: WrittenNode, document: OnnxDocument | undefined): Segment[] => {
  const original = item.type === 'island' ? item.island : item.draft.original
  const same = item.type === 'island' || isUnchanged(item.draft)
  if (same && original && document) return [copySegment(document.source, original.span)]
  return item.type === 'draft' ? messageField(graphFields.node, encodeNode(item.draft)) : []
}

/** Which nodes stand at each place of a node in the file: those that stood there or before, as far as order allows. */
const placeNodes = (
  { nodes }: SettledGraph,
  document: OnnxDocument,
): ReadonlyMap<number, readonly WrittenNode[]> => {
  const places = new Map<number, WrittenNode[]>()
  let next = 0
  for (const { span, order } of document.nodes) {
    const isLast = order === document.nodes.length - 1
    const here: WrittenNode[] = []
    for (let item = nodes[next]; item && (isLast || item.order <= order); item = nodes[next]) {
      here.push(item)
      next += 1
    }
    places.set(span.start, here)
  }
  return places
}

const initializerField = (initializer: OnnxInitializer, document: OnnxDocument): Segment[] => {
  const { external, header, tensor, span } = initializer
  return external
    ? segmentsField(graphFields.initializer, embedTensor(header, tensor))
    : [copySegment(document.source, span)]
}

/** Inputs, and in files of IR version 3 the initializers among them. */
const listedInputs = ({ draft, initializers, tensors }: SettledGraph, document: OnnxDocument): Listed[] => {
  const data = draft.inputs.map(({ name, type }) => ({ name: name as string, type }))
  const unknown = data.find(
    ({ name, type }) => type.dtype === undefined && !document.inputs.some((info) => info.name === name),
  )
  if (unknown) throw inputTypesNeeded(unknown.name)
  if (document.irVersion >= 4) return data
  const byName = new Map(data.map((listed) => [listed.name, listed]))
  const known = document.inputs.flatMap(({ name, type }): Listed[] => {
    const listed = byName.get(name) ?? (initializers.has(name) ? { name, type } : undefined)
    return listed ? [listed] : []
  })
  const fresh = data.filter(({ name }) => !document.inputs.some((info) => info.name === name))
  return [...known, ...fresh, ...tensors.map(({ name, tensor }) => ({ name, type: tensor }))]
}

/** What is new of an output must agree with what the file states of it; else the new type is stated. */
const listedOutputs = ({ draft, types }: SettledGraph, document: OnnxDocument): Listed[] => {
  const stated = new Map(document.outputs.map(({ name, type }) => [name, type]))
  return draft.outputs.map(({ name = '', type }) => {
    const before = stated.get(name)
    const isTrue = before !== undefined && agrees(before, types.get(name) ?? unknownType)
    return { name, type: isTrue ? before : type }
  })
}

const tensorField = ({ name, tensor }: NewTensor): Segment[] =>
  segmentsField(graphFields.initializer, encodeTensor(name, tensor))

/** What becomes of one field of the graph. */
type FieldWriter = (entry: GraphEntry) => readonly Segment[]

const fieldWriter = (settled: SettledGraph, document: OnnxDocument): FieldWriter => {
  const { source } = document
  const nodes = placeNodes(settled, document)
  const inputs = placeInfos(source, graphFields.input, document.inputs, listedInputs(settled, document))
  const outputs = placeInfos(source, graphFields.output, document.outputs, listedOutputs(settled, document))
  const initializers = new Map(
    [...document.initializers.values()].map((initializer) => [initializer.span.start, initializer]),
  )
  const stillTrue = ({ name, type }: Pick<OnnxValueInfo, 'name' | 'type'>): boolean => {
    const actual = settled.types.get(name)
    return actual !== undefined && agrees(type, actual)
  }
  const stated = new Map(document.valueInfo.map((info) => [info.span.start, info]))
  const everUsed = namesOf(document)
  const keep = (entry: GraphEntry): readonly Segment[] => [copySegment(source, entry)]
  const writers: { readonly [T in GraphEntry['type']]: FieldWriter } = {
    node: ({ start }) => (nodes.get(start) ?? []).flatMap((item) => nodeField(item, document)),
    input: ({ start }) => inputs.get(start) ?? [],
    output: ({ start }) => outputs.get(start) ?? [],
    initializer: (entry) => {
      const initializer = initializers.get(entry.start)
      if (initializer === undefined) return keep(entry)
      return settled.initializers.has(initializer.name) ? initializerField(initializer, document) : []
    },
    sparse: (entry) => {
      const initializer = initializers.get(entry.start)
      return initializer && !settled.initializers.has(initializer.name) ? [] : keep(entry)
    },
    valueInfo: (entry) => {
      const info = stated.get(entry.start)
      return info && everUsed.has(info.name) && !stillTrue(info) ? [] : keep(entry)
    },
    annotation: (entry) => {
      const { tensorName = '' } = entry.type === 'annotation' ? entry.annotation : {}
      return everUsed.has(tensorName) && !settled.types.has(tensorName) ? [] : keep(entry)
    },
    other: keep,
  }
  return (entry) => writers[entry.type](entry)
}

/** Names that are values of the file; what it says of other names was idle before and may stay. */
const namesOf = ({ nodes, inputs, initializers }: OnnxDocument): ReadonlySet<string> =>
  new Set([
    ...nodes.flatMap(({ node }) => node.output),
    ...inputs.map(({ name }) => name),
    ...initializers.keys(),
  ])

/** Lists that the file does not have at all stand behind everything else. */
const missingParts = (settled: SettledGraph, document: OnnxDocument): Segment[] => [
  ...(document.nodes.length === 0 ? settled.nodes.flatMap((item) => nodeField(item, document)) : []),
  ...(document.inputs.length === 0
    ? listedInputs(settled, document).flatMap(({ name, type }) => infoField(graphFields.input, name, type))
    : []),
  ...(document.outputs.length === 0
    ? listedOutputs(settled, document).flatMap(({ name, type }) => infoField(graphFields.output, name, type))
    : []),
  ...settled.tensors.flatMap(tensorField),
]

/** The graph as segments. */
const graphContent = (settled: SettledGraph, document: OnnxDocument): Segment[] => {
  const write = fieldWriter(settled, document)
  return joinSegments([...document.index.entries.flatMap(write), ...missingParts(settled, document)])
}

const isWholeGraph = (content: readonly Segment[], { index: { graph } }: OnnxDocument): boolean => {
  const [only, second] = content
  if (only === undefined) return graph.contentStart === graph.end
  return (
    second === undefined &&
    only.type === 'copy' &&
    only.offset === graph.contentStart &&
    only.length === graph.end - graph.contentStart
  )
}

/** The segments of an imported model's file. */
export const assembleFile = (settled: SettledGraph, document: OnnxDocument): Segment[] => {
  const { source, index } = document
  const content = graphContent(settled, document)
  const graph = isWholeGraph(content, document)
    ? [copySegment(source, index.graph)]
    : segmentsField(index.graph.field, content)
  return joinSegments(
    index.fields.flatMap((field) => (field === index.graph ? graph : [copySegment(source, field)])),
  )
}
