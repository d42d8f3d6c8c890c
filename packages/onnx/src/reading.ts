import {
  byteLength,
  type GraphModuleOf,
  type Note,
  type Tensor,
  unknownType,
  type ValueType,
} from '@nnfuse/ir'
import { capturedData, dataInputs, layerNodes, type OnnxDocument, type OnnxNode } from './document.js'
import { duplicateValue, notSorted, unknownValue } from './errors.js'
import type { RaiseContext } from './raise/raiser.js'
import { isUnread } from './read-tensor.js'

/** A graph module over the layers of a graph, and what its reader could not make layers of. */
export interface ImportedGraph {
  readonly root: GraphModuleOf
  readonly notes: readonly Note[]
}

/** Makes layers of the nodes of a graph. */
export type ImportGraph = (document: OnnxDocument) => ImportedGraph

/** How far the nodes have been read. */
export interface Reading {
  readonly document: OnnxDocument
  readonly context: RaiseContext
  /** Names that have a value so far. */
  readonly known: Set<string>
  /** Names that some node makes. */
  readonly made: ReadonlySet<string>
  readonly stated: ReadonlyMap<string, ValueType>
  /** How many more bytes constants may be computed from. */
  computed: number
  /** For the graphs inside nodes. */
  readonly importGraph: ImportGraph
}

/** How an error names a node. */
export const nameOf = ({ node, order }: OnnxNode): string =>
  node.name === '' ? `node ${order} (${node.opType})` : `node "${node.name}" (${node.opType})`

const present = (values: readonly string[]): string[] => values.filter((value) => value !== '')

/** Values that a node or its inner graphs use. */
export const valuesUsed = ({ node, captured }: OnnxNode): string[] => [...present(node.input), ...captured]

/** What a few bytes of a file ask to be computed may be larger than everything that the file holds. */
const computedLimit = ({ source }: OnnxDocument): number => source.size + 2 ** 24

/** A file that asks for more, node after node, is not computed ahead: each byte takes some nanoseconds. */
const mostComputed = ({ source }: OnnxDocument): number => 64 * source.size + 2 ** 30

const isTooLarge = (document: OnnxDocument, tensor: Tensor): boolean =>
  tensor.storage.type === 'deferred' && byteLength(tensor) > computedLimit(document)

/** Constants that can be computed with. */
const usable = (document: OnnxDocument, tensor: Tensor | undefined): Tensor | undefined =>
  tensor === undefined || isUnread(tensor) || isTooLarge(document, tensor) ? undefined : tensor

/** Counts what a constant is computed from, unless it is too large for that anyway. Whether it was too much by now. */
export const isTooMuch = (reading: Reading, tensor: Tensor): boolean => {
  const { storage } = tensor
  if (storage.type === 'deferred' && !isTooLarge(reading.document, tensor))
    reading.computed -= storage.inputs.reduce((sum, input) => sum + byteLength(input), byteLength(tensor))
  return reading.computed < 0
}

const whyNotConstant = (document: OnnxDocument, value: string): string => {
  if (document.outer && document.captured.has(value)) return whyNotConstant(document.outer, value)
  const tensor = document.tensors.get(value)
  if (tensor) return isUnread(tensor) ? 'is sparse or in segments' : 'is computed, and too large for that'
  const isInput = document.inputs.some(({ name }) => name === value)
  if (isInput && document.initializers.has(value))
    return 'is also an input of the graph, so it may be overridden at run time'
  return isInput ? 'is an input of the graph' : 'is computed at run time'
}

/** Follows a constant through the nodes that compute it, out of a graph inside a node too. */
const isQuantized = ({ islands, captured, outer }: OnnxDocument, value: string): boolean => {
  const sources = new Set([value])
  for (const name of sources) {
    const island = islands.get(name)?.node
    if (island?.opType === 'DequantizeLinear') return true
    if (outer && captured.has(name) && isQuantized(outer, name)) return true
    for (const input of island?.input ?? []) sources.add(input)
  }
  return false
}

/** Of a constant, its value too. */
const typeOf = (document: OnnxDocument, name: string): ValueType => {
  const tensor = document.tensors.get(name)
  if (tensor === undefined) return document.types.get(name) ?? unknownType
  const value = usable(document, tensor)
  return { dtype: tensor.dtype, shape: tensor.shape, ...(value && { value }) }
}

const contextOf = (document: OnnxDocument): RaiseContext => {
  const used = new Set([
    ...layerNodes(document).flatMap(valuesUsed),
    ...document.outputs.map(({ name }) => name),
  ])
  return {
    opset: document.opsets.get('') ?? 0,
    constant: (value) => (value === undefined ? undefined : usable(document, document.tensors.get(value))),
    type: (value) => (value === undefined ? unknownType : typeOf(document, value)),
    isUsed: (value) => used.has(value),
    isQuantized: (value) => isQuantized(document, value),
    whyNotConstant: (value) => whyNotConstant(document, value),
  }
}

const statedTypes = (document: OnnxDocument): Map<string, ValueType> => {
  const { valueInfo, outputs, inputs, expansions } = document
  const inFunctions = [...expansions.values()].flatMap((expansion) =>
    typeof expansion === 'object' ? [...expansion.types] : [],
  )
  const stated = [...valueInfo, ...outputs, ...inputs]
  return new Map([...inFunctions, ...stated.map(({ name, type }) => [name, type] as const)])
}

/** Before the first node: constants and inputs are known. */
export const startReading = (document: OnnxDocument, importGraph: ImportGraph): Reading => {
  const stated = statedTypes(document)
  const known = new Set([...document.tensors.keys(), ...capturedData(document)])
  for (const input of dataInputs(document)) {
    if (known.has(input)) throw duplicateValue(input, 'the graph inputs')
    known.add(input)
    document.types.set(input, stated.get(input) ?? unknownType)
  }
  const made = new Set(layerNodes(document).flatMap(({ node }) => node.output))
  const computed = mostComputed(document)
  return { document, context: contextOf(document), known, made, stated, computed, importGraph }
}

/** @throws NnfuseError `ONNX_NOT_SORTED`, `ONNX_UNKNOWN_VALUE` */
export const checkKnown = ({ known, made }: Reading, values: readonly string[], user: string): void => {
  for (const value of values) {
    if (known.has(value)) continue
    throw made.has(value) ? notSorted(value, user) : unknownValue(value, user)
  }
}

/** @throws NnfuseError `ONNX_DUPLICATE_VALUE` */
export const claimOutputs = ({ known }: Reading, node: OnnxNode): void => {
  for (const value of present(node.node.output)) {
    if (known.has(value)) throw duplicateValue(value, nameOf(node))
    known.add(value)
  }
}
