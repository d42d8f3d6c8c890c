import { unknownType, type ValueType } from '@nnfuse/ir'
import { dataInputs, type OnnxDocument, type OnnxNode } from './document.js'
import { duplicateValue, notSorted, unknownValue } from './errors.js'
import type { RaiseContext } from './raise/raiser.js'

/** How far the nodes have been read. */
export interface Reading {
  readonly document: OnnxDocument
  readonly context: RaiseContext
  /** Names that have a value so far. */
  readonly known: Set<string>
  /** Names that some node makes. */
  readonly made: ReadonlySet<string>
  readonly stated: ReadonlyMap<string, ValueType>
}

/** How an error names a node. */
export const nameOf = ({ node, order }: OnnxNode): string =>
  node.name === '' ? `node ${order} (${node.opType})` : `node "${node.name}" (${node.opType})`

const present = (values: readonly string[]): string[] => values.filter((value) => value !== '')

/** Values that a node or its inner graphs use. */
export const valuesUsed = ({ node, captured }: OnnxNode): string[] => [...present(node.input), ...captured]

const whyNotConstant = (document: OnnxDocument, value: string): string => {
  const isInput = document.inputs.some(({ name }) => name === value)
  if (isInput && document.initializers.has(value))
    return 'is also an input of the graph, so it may be overridden at run time'
  return isInput ? 'is an input of the graph' : 'is computed at run time'
}

const contextOf = (document: OnnxDocument): RaiseContext => {
  const used = new Set([...document.nodes.flatMap(valuesUsed), ...document.outputs.map(({ name }) => name)])
  return {
    opset: document.opsets.get('') ?? 0,
    constant: (value) => (value === undefined ? undefined : document.tensors.get(value)),
    type: (value) =>
      value === undefined
        ? unknownType
        : (document.tensors.get(value) ?? document.types.get(value) ?? unknownType),
    isUsed: (value) => used.has(value),
    whyNotConstant: (value) => whyNotConstant(document, value),
  }
}

/** Before the first node: constants and inputs are known. */
export const startReading = (document: OnnxDocument): Reading => {
  const statedOnes = [...document.valueInfo, ...document.outputs, ...document.inputs]
  const stated = new Map(statedOnes.map(({ name, type }) => [name, type]))
  const known = new Set(document.tensors.keys())
  for (const input of dataInputs(document)) {
    if (known.has(input)) throw duplicateValue(input, 'the graph inputs')
    known.add(input)
    document.types.set(input, stated.get(input) ?? unknownType)
  }
  const made = new Set(document.nodes.flatMap(({ node }) => node.output))
  return { document, context: contextOf(document), known, made, stated }
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
