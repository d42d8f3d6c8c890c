import type { ByteSource } from '@nnfuse/ir'
import { type FunctionProto, FunctionProtoSchema, type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { domainName } from './domains.js'
import { emptyFile, noGraph, noVersion } from './errors.js'
import { checkDelimited, type GraphEntry, readEntry, readMessage } from './graph-entry.js'
import { parseMessage } from './parse-message.js'
import {
  collectFields,
  type FieldSpan,
  joinBytes,
  readSpan,
  runScan,
  type Scan,
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

function* readModel(window: Window, fields: readonly FieldSpan[]): Scan<ModelProto> {
  const parsed = fields.filter(({ field }) => ![graphField, functionsField, trainingField].includes(field))
  const parts: Uint8Array[] = []
  for (const span of parsed) parts.push(yield* readSpan(window, span))
  return parseMessage(ModelProtoSchema, joinBytes(parts), window.source.name, 0)
}

function* readFunctions(window: Window, fields: readonly FieldSpan[]): Scan<Map<string, OnnxFunction[]>> {
  const functions = new Map<string, OnnxFunction[]>()
  for (const field of fields.filter(({ field }) => field === functionsField)) {
    const proto = yield* readMessage(window, field, FunctionProtoSchema)
    const key = `${domainName(proto.domain)}:${proto.name}`
    const sameName = functions.get(key)
    if (sameName === undefined) functions.set(key, [{ proto, field }])
    else sameName.push({ proto, field })
  }
  return functions
}

/** @throws NnfuseError `ONNX_TRUNCATED`, `ONNX_MALFORMED` */
export function* readPiece(window: Window, field: FieldSpan): Scan<GraphPiece> {
  checkDelimited(window, field)
  const entries: GraphEntry[] = []
  yield* walkFields(window, { start: field.contentStart, end: field.end }, function* (span) {
    entries.push(yield* readEntry(window, span))
  })
  return { field, entries }
}

function* readGraphs(window: Window, fields: readonly FieldSpan[]): Scan<GraphPiece[]> {
  const graphs: GraphPiece[] = []
  for (const span of fields.filter(({ field }) => field === graphField))
    graphs.push(yield* readPiece(window, span))
  if (graphs.length === 0) throw noGraph(window.source.name)
  return graphs
}

/** Every file says which version of ONNX it is written in; a file cut off behind its graph does not. */
const checkVersions = (source: string, model: ModelProto): void => {
  if (model.irVersion <= 0n) throw noVersion(source, 'IR version')
  if (model.irVersion >= 3n && model.opsetImport.length === 0) throw noVersion(source, 'opset')
}

function* indexWindow(window: Window): Scan<FileIndex> {
  const { source } = window
  const fields = yield* collectFields(window, { start: 0, end: source.size })
  const graphs = yield* readGraphs(window, fields)
  const model = yield* readModel(window, fields)
  const functions = yield* readFunctions(window, fields)
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
    const window = windowOf(source)
    return await runScan(window, indexWindow(window))
  } catch (error) {
    throw await withStartHint(source, error)
  }
}
