import type { ByteSource } from '@nnfuse/ir'
import { type FunctionProto, FunctionProtoSchema, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { domainName } from './domains.js'
import { emptyFile, noGraph, noVersion } from './errors.js'
import { checkDelimited, type GraphEntry, readEntry, readMessage } from './graph-entry.js'
import { parseMessage } from './parse-message.js'
import {
  type FieldSpan,
  joinBytes,
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
  /** The functions that the model defines, by `domain:name`; overloads share a name. */
  readonly functions: ReadonlyMap<string, readonly OnnxFunction[]>
  readonly fields: readonly FieldSpan[]
  /** The graph; protobuf lets it stand in several pieces. */
  readonly graphs: readonly GraphPiece[]
  /** The fields of all pieces. */
  readonly entries: readonly GraphEntry[]
}

/** A function that the model defines. */
export interface OnnxFunction {
  readonly proto: FunctionProto
  readonly field: FieldSpan
}

/** One field of the model that holds a graph, and what stands in it. */
export interface GraphPiece {
  readonly field: FieldSpan
  readonly entries: readonly GraphEntry[]
}

const graphField = 7
const functionsField = 25
const trainingField = 20

/** All fields of a message. */
export const collectFields = async (window: Window, span: Span): Promise<FieldSpan[]> => {
  const fields: FieldSpan[] = []
  for await (const field of walkFields(window, span)) fields.push(field)
  return fields
}

const readModel = async (window: Window, fields: readonly FieldSpan[]): Promise<ModelProto> => {
  const parsed = fields.filter(({ field }) => ![graphField, functionsField, trainingField].includes(field))
  const parts: Uint8Array[] = []
  for (const span of parsed) parts.push(await readSpan(window, span))
  return parseMessage(ModelProtoSchema, joinBytes(parts), window.source.name, 0)
}

const readFunctions = async (
  window: Window,
  fields: readonly FieldSpan[],
): Promise<Map<string, OnnxFunction[]>> => {
  const functions = new Map<string, OnnxFunction[]>()
  for (const field of fields.filter(({ field }) => field === functionsField)) {
    const proto = await readMessage(window, field, FunctionProtoSchema)
    const key = `${domainName(proto.domain)}:${proto.name}`
    const sameName = functions.get(key)
    if (sameName === undefined) functions.set(key, [{ proto, field }])
    else sameName.push({ proto, field })
  }
  return functions
}

/** @throws NnfuseError `ONNX_TRUNCATED`, `ONNX_MALFORMED` */
export const readPiece = async (window: Window, field: FieldSpan): Promise<GraphPiece> => {
  checkDelimited(window, field)
  const entries: GraphEntry[] = []
  for await (const span of walkFields(window, { start: field.contentStart, end: field.end })) {
    entries.push(await readEntry(window, span))
  }
  return { field, entries }
}

const readGraphs = async (window: Window, fields: readonly FieldSpan[]): Promise<GraphPiece[]> => {
  const graphs: GraphPiece[] = []
  for (const span of fields.filter(({ field }) => field === graphField))
    graphs.push(await readPiece(window, span))
  if (graphs.length === 0) throw noGraph(window.source.name)
  return graphs
}

/** Every file says which version of ONNX it is written in; a file cut off behind its graph does not. */
const checkVersions = (source: string, model: ModelProto): void => {
  if (model.irVersion <= 0n) throw noVersion(source, 'IR version')
  if (model.irVersion >= 3n && model.opsetImport.length === 0) throw noVersion(source, 'opset')
}

const indexWindow = async (window: Window): Promise<FileIndex> => {
  const { source } = window
  const fields = await collectFields(window, { start: 0, end: source.size })
  const graphs = await readGraphs(window, fields)
  const model = await readModel(window, fields)
  const functions = await readFunctions(window, fields)
  checkVersions(source.name, model)
  const entries = graphs.flatMap((graph) => graph.entries)
  return { source, model, functions, fields, graphs, entries }
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
