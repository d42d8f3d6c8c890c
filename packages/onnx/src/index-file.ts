import type { ByteSource } from '@nnfuse/ir'
import { FunctionProtoSchema, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { domainName } from './domains.js'
import { emptyFile, malformed, noGraph, noVersion } from './errors.js'
import { checkDelimited, type GraphEntry, readEntry, readMessage } from './graph-entry.js'
import { parseMessage } from './parse-message.js'
import {
  type FieldSpan,
  readSpan,
  type Span,
  type Window,
  walkFields,
  windowOf,
  withStartHint,
} from './wire.js'

/*
 * An ONNX file is one ModelProto. Its large parts, the data of tensors, are found and left where they are;
 * everything else is small and parsed.
 *
 *   ModelProto { 1 ir_version, 7 graph, 8 opset_import, 20 training_info, 25 functions, ... }
 *   GraphProto { 1 node, 2 name, 5 initializer, 11 input, 12 output, 13 value_info, ... }
 */

/** What stands where in a file. */
export interface FileIndex {
  readonly source: ByteSource
  /** The model without its graph, training information and functions. */
  readonly model: ModelProto
  /** `domain:name` of the functions that the model defines. */
  readonly functions: ReadonlySet<string>
  readonly fields: readonly FieldSpan[]
  readonly graph: FieldSpan
  readonly entries: readonly GraphEntry[]
}

const graphField = 7
const functionsField = 25
const trainingField = 20
const collect = async (window: Window, span: Span): Promise<FieldSpan[]> => {
  const fields: FieldSpan[] = []
  for await (const field of walkFields(window, span)) fields.push(field)
  return fields
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const readModel = async (window: Window, fields: readonly FieldSpan[]): Promise<ModelProto> => {
  const parsed = fields.filter(({ field }) => ![graphField, functionsField, trainingField].includes(field))
  const parts: Uint8Array[] = []
  for (const span of parsed) parts.push(await readSpan(window, span))
  return parseMessage(ModelProtoSchema, concat(parts), window.source.name, 0)
}

const readFunctions = async (window: Window, fields: readonly FieldSpan[]): Promise<Set<string>> => {
  const names = new Set<string>()
  for (const span of fields.filter(({ field }) => field === functionsField)) {
    const { domain, name } = await readMessage(window, span, FunctionProtoSchema)
    names.add(`${domainName(domain)}:${name}`)
  }
  return names
}

const onlyGraph = (window: Window, fields: readonly FieldSpan[]): FieldSpan => {
  const [graph, second] = fields.filter(({ field }) => field === graphField)
  if (graph === undefined) throw noGraph(window.source.name)
  if (second) throw malformed(window.source.name, second.start, 'it holds two graphs')
  checkDelimited(window, graph)
  return graph
}

const readEntries = async (window: Window, graph: FieldSpan): Promise<GraphEntry[]> => {
  const entries: GraphEntry[] = []
  for await (const span of walkFields(window, { start: graph.contentStart, end: graph.end })) {
    entries.push(await readEntry(window, span))
  }
  return entries
}

/** Every file says which version of ONNX it is written in; a file cut off behind its graph does not. */
const checkVersions = (source: string, model: ModelProto): void => {
  if (model.irVersion <= 0n) throw noVersion(source, 'IR version')
  if (model.irVersion >= 3n && model.opsetImport.length === 0) throw noVersion(source, 'opset')
}

const indexWindow = async (window: Window): Promise<FileIndex> => {
  const { source } = window
  const fields = await collect(window, { start: 0, end: source.size })
  const graph = onlyGraph(window, fields)
  const model = await readModel(window, fields)
  const functions = await readFunctions(window, fields)
  const entries = await readEntries(window, graph)
  checkVersions(source.name, model)
  return { source, model, functions, fields, graph, entries }
}

/**
 * Finds what a file holds without reading the data of its tensors.
 *
 * @throws NnfuseError `ONNX_EMPTY`, `ONNX_TRUNCATED`, `ONNX_MALFORMED`, `ONNX_NO_GRAPH`, `ONNX_NO_VERSION`; the
 * hint says what the file is instead where its first bytes tell.
 */
export const indexOnnx = async (source: ByteSource): Promise<FileIndex> => {
  if (source.size === 0) throw emptyFile(source.name)
  try {
    return await indexWindow(windowOf(source))
  } catch (error) {
    throw await withStartHint(source, error)
  }
}
