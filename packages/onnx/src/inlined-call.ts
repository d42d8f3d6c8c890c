import type { ValueType } from '@nnfuse/ir'
import type { OnnxNode } from './document.js'

/** The nodes that a call of a function stands for, under names of their own. */
export interface Expansion {
  readonly nodes: readonly OnnxNode[]
  /** What the function states of its values. */
  readonly types: ReadonlyMap<string, ValueType>
}

/** A call of a function whose nodes became layers of the graph. */
export interface InlinedCall {
  readonly node: OnnxNode
  /** The nodes that are layers; the others compute constants. */
  readonly members: readonly OnnxNode[]
}
