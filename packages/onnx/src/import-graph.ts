import {
  type AnyModule,
  type Call,
  Constant,
  GraphModule,
  type GraphModuleOf,
  uniqueNames,
  unknownType,
  type ValueType,
} from '@nnfuse/ir'
import { capturedData, dataInputs, type OnnxDocument, type Origin } from './document.js'
import { notePlaces } from './import-notes.js'
import { assignPaths, constantPath } from './paths.js'
import type { Placed } from './place-node.js'
import { placeNodes } from './place-nodes.js'
import type { ImportedGraph } from './reading.js'

/** Operators whose second input is a weight that carries the layer's name. */
const weighted = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'BatchNormalization',
  'InstanceNormalization',
  'PRelu',
])

const weightOf = ({ node: { node } }: Placed): string | undefined =>
  weighted.has(node.opType) ? node.input[1] : undefined

/** The calls of the graph as they grow, with a call for each constant in front of the first that uses it. */
interface Assembly {
  readonly document: OnnxDocument
  readonly children: Map<string, AnyModule>
  readonly calls: Call[]
  readonly pathFor: (value: string) => string
  readonly provided: Set<string>
}

const provideConstant = ({ document, children, calls, pathFor, provided }: Assembly, value: string): void => {
  const tensor = document.tensors.get(value)
  if (tensor === undefined || provided.has(value)) return
  const module = Constant(tensor)
  const path = pathFor(value)
  document.constants.set(module, value)
  children.set(path, module)
  calls.push({ target: path, inputs: [], outputs: [value] })
  provided.add(value)
}

const originOf = ({ node, module, slots, outputs, direct, sum }: Placed): Origin => ({
  node,
  module,
  slots,
  outputs,
  direct,
  ...(sum && { sum }),
})

const addCall = (assembly: Assembly, placed: Placed, target: string): void => {
  const { document, children, calls } = assembly
  for (const input of placed.inputs) provideConstant(assembly, input)
  const last = placed.sum ?? placed
  const outputs = last.outputs.map((position) => last.node.node.output[position] as string)
  calls.push({ target, inputs: placed.inputs, outputs })
  children.set(target, placed.module)
  document.origins.set(placed.module, originOf(placed))
  document.paths.set(target, originOf(placed))
}

/** What the file states, of values that are in the graph. */
const statedTypes = (document: OnnxDocument, calls: readonly Call[]): Map<string, ValueType> => {
  const inGraph = new Set(calls.flatMap(({ outputs }) => outputs))
  for (const name of dataInputs(document)) inGraph.add(name)
  const stated = [...document.valueInfo, ...document.outputs, ...document.inputs]
  return new Map([
    ...capturedData(document).map((name) => [name, document.types.get(name) ?? unknownType] as const),
    ...stated.filter(({ name }) => inGraph.has(name)).map(({ name, type }) => [name, type] as const),
  ])
}

const assemble = (
  document: OnnxDocument,
  placed: readonly Placed[],
  paths: readonly string[],
): GraphModuleOf => {
  const layers = new Set(paths)
  const unique = uniqueNames(paths)
  const pathFor = (value: string): string => unique(constantPath(value, layers))
  const assembly: Assembly = { document, children: new Map(), calls: [], pathFor, provided: new Set() }
  for (const [i, place] of placed.entries()) addCall(assembly, place, paths[i] as string)
  const outputs = document.outputs.map(({ name }) => name)
  for (const output of outputs) provideConstant(assembly, output)
  return GraphModule(assembly.children, {
    inputs: [...dataInputs(document), ...capturedData(document)],
    calls: assembly.calls,
    outputs,
    types: statedTypes(document, assembly.calls),
  })
}

/**
 * The layers of a file as one flat graph. Fills in what the document keeps about them.
 *
 * @throws NnfuseError `ONNX_DUPLICATE_VALUE`, `ONNX_UNKNOWN_VALUE`, `ONNX_NOT_SORTED`
 */
export const importGraph = (document: OnnxDocument): ImportedGraph => {
  const placed = placeNodes(document, importGraph)
  const paths = assignPaths(placed.map((place) => ({ node: place.node.node, weight: weightOf(place) })))
  return { root: assemble(document, placed, paths), notes: notePlaces(placed, paths, document) }
}
