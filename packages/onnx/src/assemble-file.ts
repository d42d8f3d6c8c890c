import { type ByteSource, unknownType, type ValueType } from '@nnfuse/ir'
import { type BodyWriter, innerNodeContent } from './assemble-node.js'
import type { OnnxDocument, OnnxInitializer, OnnxValueInfo } from './document.js'
import { encodeNode, isUnchanged } from './encode-node.js'
import { encodeTensor, relocateTensor } from './encode-tensor.js'
import { inputTypesNeeded } from './errors.js'
import type { ExternalLayout } from './external-layout.js'
import type { GraphEntry } from './graph-entry.js'
import { copySegment, joinSegments, messageField, type Segment, segmentsField } from './segments.js'
import type { NewTensor, SettledGraph, WrittenNode } from './settle-graph.js'
import { vacatedFunctions } from './vacated-functions.js'
import type { FieldSpan } from './wire.js'
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
  if (same && original && document) return [copySegment(original.source, original.span)]
  if (item.type === 'island') return []
  const { inner } = item.draft
  return inner
    ? segmentsField(graphFields.node, innerNodeContent(item.draft, inner, writeBody))
    : messageField(graphFields.node, encodeNode(item.draft))
}

/** Weights of graphs inside nodes stay in the model's file. */
const writeBody: BodyWriter = ({ body, settled }) => graphFieldsOf(settled, body.document, undefined)

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

const initializerField = (
  { external, header, tensor, span }: OnnxInitializer,
  document: OnnxDocument,
  layout: ExternalLayout | undefined,
): Segment[] =>
  external || layout?.takes(tensor)
    ? segmentsField(graphFields.initializer, relocateTensor(header, tensor, layout))
    : [copySegment(document.source, span)]

/** Inputs, and the initializers that the file lists among them; IR version 3 wants all of them there. */
const listedInputs = ({ draft, initializers, tensors }: SettledGraph, document: OnnxDocument): Listed[] => {
  const data = draft.inputs
    .map(({ name, type }) => ({ name: name as string, type }))
    .filter(({ name }) => !document.captured.has(name))
  const unknown = data.find(
    ({ name, type }) => type.dtype === undefined && !document.inputs.some((info) => info.name === name),
  )
  if (unknown) throw inputTypesNeeded(unknown.name)
  const fresh = document.irVersion < 4 ? tensors.map(({ name, tensor }) => ({ name, type: tensor })) : []
  if (!document.inputs.some(({ name }) => document.tensors.has(name))) return [...data, ...fresh]
  const byName = new Map(data.map((listed) => [listed.name, listed]))
  const known = document.inputs.flatMap(({ name, type }): Listed[] => {
    const listed = byName.get(name) ?? (initializers.has(name) ? { name, type } : undefined)
    return listed ? [listed] : []
  })
  const others = data.filter(({ name }) => !document.inputs.some((info) => info.name === name))
  return [...known, ...others, ...fresh]
}

/** Whether a value is an input as the file lists it: then the file may say of it elsewhere what it likes. */
const listedInputsOf = ({ inputs }: OnnxDocument): ((name: string, type: ValueType) => boolean) => {
  const listed = new Map(inputs.map(({ name, type }) => [name, type]))
  return (name, type) => {
    const before = listed.get(name)
    return before !== undefined && agrees(before, type)
  }
}

/**
 * What is new of an output must agree with what the file states of it; else the new type is stated.
 */
const listedOutputs = ({ draft, types }: SettledGraph, document: OnnxDocument): Listed[] => {
  const stated = new Map(document.outputs.map(({ name, type }) => [name, type]))
  const isListed = listedInputsOf(document)
  return draft.outputs.map(({ name = '', type }, i) => {
    const info = document.outputs[i]
    const before = info?.name === name ? info.type : stated.get(name)
    const actual = types.get(name) ?? unknownType
    const isTrue = before !== undefined && (isListed(name, actual) || agrees(before, actual))
    return { name, type: isTrue ? before : type }
  })
}

const tensorField = ({ name, tensor }: NewTensor, layout: ExternalLayout | undefined): Segment[] =>
  segmentsField(graphFields.initializer, encodeTensor(name, tensor, layout))

/** What becomes of one field of the graph. */
type FieldWriter = (entry: GraphEntry) => readonly Segment[]

const fieldWriter = (
  settled: SettledGraph,
  document: OnnxDocument,
  layout: ExternalLayout | undefined,
): FieldWriter => {
  const { source } = document
  const nodes = placeNodes(settled, document)
  const inputs = placeInfos(source, graphFields.input, document.inputs, listedInputs(settled, document))
  const outputs = placeInfos(source, graphFields.output, document.outputs, listedOutputs(settled, document))
  const initializers = new Map(
    [...document.initializers.values()].map((initializer) => [initializer.span.start, initializer]),
  )
  const isListed = listedInputsOf(document)
  const stillTrue = ({ name, type }: Pick<OnnxValueInfo, 'name' | 'type'>): boolean => {
    const actual = settled.types.get(name)
    return actual !== undefined && (isListed(name, actual) || agrees(type, actual))
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
      return settled.initializers.has(initializer.name) ? initializerField(initializer, document, layout) : []
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

/**
 * Names that are values of the file; what it says of other names was idle before and may stay. An output that a node
 * leaves out has the empty name, which is no value's.
 */
const namesOf = ({ nodes, inputs, initializers }: OnnxDocument): ReadonlySet<string> =>
  new Set([
    ...nodes.flatMap(({ node }) => node.output.filter((name) => name !== '')),
    ...inputs.map(({ name }) => name),
    ...initializers.keys(),
  ])

/** Lists that the file does not have at all stand behind everything else. */
const missingParts = (
  settled: SettledGraph,
  document: OnnxDocument,
  layout: ExternalLayout | undefined,
): Segment[] => [
  ...(document.nodes.length === 0 ? settled.nodes.flatMap((item) => nodeField(item, document)) : []),
  ...(document.inputs.length === 0
    ? listedInputs(settled, document).flatMap(({ name, type }) => infoField(graphFields.input, name, type))
    : []),
  ...(document.outputs.length === 0
    ? listedOutputs(settled, document).flatMap(({ name, type }) => infoField(graphFields.output, name, type))
    : []),
  ...settled.tensors.flatMap((tensor) => tensorField(tensor, layout)),
]

const isWhole = (content: readonly Segment[], source: ByteSource, graph: FieldSpan): boolean => {
  const [only, second] = content
  if (only === undefined) return graph.contentStart === graph.end
  return (
    second === undefined &&
    only.type === 'copy' &&
    only.source === source &&
    only.offset === graph.contentStart &&
    only.length === graph.end - graph.contentStart
  )
}

/** Each piece of the graph as segments, by the field that holds it. */
const graphFieldsOf = (
  settled: SettledGraph,
  document: OnnxDocument,
  layout: ExternalLayout | undefined,
): ReadonlyMap<FieldSpan, readonly Segment[]> => {
  const { source } = document
  const { graphs } = document.index
  const write = fieldWriter(settled, document, layout)
  const missing = missingParts(settled, document, layout)
  return new Map(
    graphs.map(({ field, entries }, i) => {
      const behind = i === graphs.length - 1 ? missing : []
      const content = joinSegments([...entries.flatMap(write), ...behind])
      return [
        field,
        isWhole(content, source, field) ? [copySegment(source, field)] : segmentsField(field.field, content),
      ]
    }),
  )
}

/**
 * The segments of an imported model's file.
 *
 * @param layout of the file that large tensors go to, where they do not stay in the model's
 */
export const assembleFile = (
  settled: SettledGraph,
  document: OnnxDocument,
  layout: ExternalLayout | undefined,
): Segment[] => {
  const { source, index } = document
  const graphs = graphFieldsOf(settled, document, layout)
  const gone = vacatedFunctions(settled, document)
  const kept = index.fields.filter((field) => !gone.has(field))
  return joinSegments(kept.flatMap((field) => graphs.get(field) ?? [copySegment(source, field)]))
}
