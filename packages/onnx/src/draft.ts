import type { Graph, Provenance, Tensor, ValueType } from '@nnfuse/ir'
import type { AttributeProto, NodeProto } from 'onnx-buf'
import type { OnnxNode } from './document.js'
import type { ImportedBodies, OnnxBody } from './inner-graphs.js'
import type { SettledGraph } from './settle-graph.js'

/*
 * A graph on its way to a file: nodes over values whose names are settled when all nodes are there.
 */

/** A value of the graph being written. */
export interface DraftValue {
  readonly type: ValueType
  /** Undefined until it is settled. */
  name: string | undefined
  /** Names it would like, the best first: with the name it had, the nodes around it keep their bytes. */
  readonly wishes: string[]
  /** What it is called when no wish is free. */
  readonly fallback: string
  /** Where it comes from: a node of the draft, the model's caller, a constant of the file, a new tensor. */
  readonly from: 'node' | 'input' | 'file' | 'tensor'
  readonly tensor?: Tensor
}

/** A node of the graph being written. */
export interface DraftNode {
  readonly opType: string
  readonly name: string
  /** The module it is written for; errors name it. */
  readonly path: string
  readonly attributes: readonly AttributeProto[]
  readonly inputs: readonly (DraftValue | undefined)[]
  readonly outputs: readonly (DraftValue | undefined)[]
  /** Names that its inner graphs use: constants of the file, and captured values. */
  readonly mentions: readonly string[]
  /** The node of the file that this is, if its names are still the same. */
  readonly original: OnnxNode | undefined
  /** The node to take everything but names from. */
  readonly template: NodeProto | undefined
  /** What fusing has made it from. */
  readonly provenance?: Provenance | undefined
  /** Graphs in its attributes that are not as the file has them. */
  readonly inner?: DraftInner
  /** Where it wants to stand. */
  readonly order: number
}

/** A graph inside a node, as it is written. */
export interface WrittenBody {
  readonly body: OnnxBody
  readonly settled: SettledGraph
}

/** The graphs inside a node that are written anew, and where in the file's node they stand. */
export interface DraftInner {
  readonly layout: ImportedBodies
  readonly written: readonly WrittenBody[]
}

/** A value that a node's inner graph knows by a name that cannot be changed. */
export interface Capture {
  readonly value: DraftValue
  readonly name: string
  /** The node of the file that the inner graph is in. */
  readonly by: NodeProto
}

/** All of a graph but its final names. */
export interface Draft {
  nodes: DraftNode[]
  captures: Capture[]
  readonly inputs: DraftValue[]
  readonly outputs: DraftValue[]
  /** New tensors, each once however often it is used. */
  readonly tensors: Map<Tensor, DraftValue>
  /** Names in graphs inside nodes that are written anew. */
  readonly inside: Set<string>
  /** See `Graph.evaluated`. */
  readonly evaluated: Graph['evaluated'] | undefined
}

export const emptyDraft = (evaluated?: Graph['evaluated']): Draft => ({
  nodes: [],
  captures: [],
  inputs: [],
  outputs: [],
  tensors: new Map(),
  inside: new Set(),
  evaluated,
})

/** The result of a node, without a name yet. */
export const resultValue = (
  type: ValueType,
  fallback: string,
  wishes: readonly string[] = [],
): DraftValue => ({
  type,
  name: undefined,
  wishes: [...wishes],
  fallback,
  from: 'node',
})

/** A value that the caller passes, or a constant of the file: its name is what it is. */
export const namedValue = (name: string, type: ValueType, from: 'input' | 'file'): DraftValue => ({
  type,
  name,
  wishes: [],
  fallback: name,
  from,
})

/** A new tensor, to be written as an initializer. */
export const tensorValue = (tensor: Tensor, fallback: string): DraftValue => ({
  type: tensor,
  name: undefined,
  wishes: [],
  fallback,
  from: 'tensor',
  tensor,
})
