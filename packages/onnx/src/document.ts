import type { AnyModule, ByteSource, Model, Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto, TensorProto } from 'onnx-buf'
import type { FileIndex } from './index-file.js'
import type { Expansion, InlinedCall } from './inlined-call.js'
import type { OnnxBodies } from './inner-graphs.js'
import type { OnnxSlot } from './onnx-op.js'
import { whyNotStandard } from './standard-operators.js'
import type { SubgraphNames } from './subgraphs.js'
import type { Span } from './wire.js'

/** A node of the file. */
export interface OnnxNode extends SubgraphNames {
  readonly node: NodeProto
  /** What `span` is a part of: the file; of a function's node the bytes it got when it was put in place of a call. */
  readonly source: ByteSource
  readonly span: Span
  /** Its place among the nodes of the file. */
  readonly order: number
}

/** An initializer of the file. */
export interface OnnxInitializer {
  readonly name: string
  readonly tensor: Tensor
  readonly span: Span
  /** The message without its data where that is large. */
  readonly header: TensorProto
  /** Its data is in another file. */
  readonly external: boolean
}

/** A graph input, output or value_info entry. */
export interface OnnxValueInfo {
  readonly name: string
  readonly type: ValueType
  readonly span: Span
}

/** A node, and how a module's inputs and outputs stand in it. */
export interface Station {
  readonly node: OnnxNode
  readonly slots: readonly OnnxSlot[]
  /** Positions of the module's outputs among the node's. */
  readonly outputs: readonly number[]
}

/** Which node a module was made from. */
export interface Origin extends Station {
  readonly module: AnyModule
  /** The Add of its bias, which is given what the node gives. */
  readonly sum?: Station
  /** Whether the module's tensors are the node's inputs as they stand; a Gemm without transB is transposed. */
  readonly direct: boolean
}

/**
 * What is kept of a file for writing it back: where everything stands, and which module came from which node.
 * Found in `Model.source` of an imported model.
 */
export interface OnnxDocument {
  readonly format: 'onnx'
  readonly index: FileIndex
  readonly source: ByteSource
  /** All that it is read from: `source`, and files of weights. */
  readonly sources: Set<ByteSource>
  readonly irVersion: number
  /** By domain; ONNX's own is ''. */
  readonly opsets: ReadonlyMap<string, number>
  readonly nodes: readonly OnnxNode[]
  readonly initializers: ReadonlyMap<string, OnnxInitializer>
  readonly inputs: readonly OnnxValueInfo[]
  readonly outputs: readonly OnnxValueInfo[]
  readonly valueInfo: readonly OnnxValueInfo[]
  /** By identity of the module. */
  readonly origins: Map<AnyModule, Origin>
  /** The same by path. */
  readonly paths: Map<string, Origin>
  /** Constant modules, and the values of the file that they stand for. */
  readonly constants: Map<AnyModule, string>
  /** Nodes that compute constants and are no calls of the graph, by what they make. */
  readonly islands: Map<string, OnnxNode>
  /** Every constant of the file: initializers, and what islands compute. */
  readonly tensors: Map<string, Tensor>
  /** What is known of every other value: what the file states, or what can be inferred. */
  readonly types: Map<string, ValueType>
  /** Of a graph inside a node: the graph that the node is in. */
  readonly outer: OnnxDocument | undefined
  /** Of a graph inside a node: names that it takes from the graphs around it. */
  readonly captured: Set<string>
  /** Graphs inside nodes. */
  readonly bodies: Map<NodeProto, OnnxBodies>
  /** Calls of the file's functions: the nodes that stand for them, or why the call stays one. */
  readonly expansions: Map<OnnxNode, Expansion | string>
  /** Calls whose nodes became layers. */
  readonly calls: InlinedCall[]
}

/** The document of an imported model; undefined for a model that was built. */
export const documentOf = (model: Model): OnnxDocument | undefined =>
  (model.source as OnnxDocument | undefined)?.format === 'onnx' ? (model.source as OnnxDocument) : undefined

/** Before opset 7, broadcasting and batch-norm meant something else. */
export const oldestOpset = 7

/** Why a node is none of ONNX's own, in a version whose meaning the readers and writers here know; undefined where it is. */
export const whyOpaque = (node: NodeProto, { index, opsets }: OnnxDocument): string | undefined => {
  const opset = opsets.get('') ?? 0
  if (opset < oldestOpset) return `its operator is not that of ONNX opset ${oldestOpset} or newer`
  if (index.functions.has(`:${node.opType}`)) return 'its operator has the name of a function of the file'
  return whyNotStandard(node, opset)
}

/** Whether a node is one of ONNX's own: all that it has is what its operator has. Others are never read by their name. */
export const isStandard = (node: NodeProto, document: OnnxDocument): boolean =>
  whyOpaque(node, document) === undefined

/** Inputs that are passed when the model runs. IR version 3 lists initializers as inputs too. */
export const dataInputs = ({ inputs, tensors }: OnnxDocument): string[] =>
  inputs.map(({ name }) => name).filter((name) => !tensors.has(name))

/** What a graph inside a node takes from outside that is no constant. */
export const capturedData = ({ captured, tensors }: OnnxDocument): string[] =>
  [...captured].filter((name) => !tensors.has(name))

/** The nodes that layers are made from: where a call was replaced by nodes, these. */
export const layerNodes = ({ nodes, expansions }: OnnxDocument): OnnxNode[] =>
  nodes.flatMap((node) => {
    const expansion = expansions.get(node)
    return typeof expansion === 'object' ? expansion.nodes : [node]
  })

/**
 * Names that belong to something of the file, so that no value of the graph can be given them. What the graph's own
 * nodes make keeps its name, even where a graph inside a node uses it again, which ONNX forbids.
 */
export const reservedNames = (document: OnnxDocument | undefined): Set<string> => {
  if (document === undefined) return new Set()
  const { initializers, islands, nodes } = document
  const inside = new Set(nodes.flatMap(({ defined }) => defined))
  if (inside.size > 0) for (const { node } of nodes) for (const name of node.output) inside.delete(name)
  return new Set([...initializers.keys(), ...islands.keys(), ...inside])
}
