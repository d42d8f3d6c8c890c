import type { ValueType } from './value-type.js'

/** Names one value of a graph. Values of an imported file keep the file's names. */
export type ValueId = string

/** One use of a module: `outputs = target(inputs)`. */
export interface Call {
  /** Path of the module below the graph: `layer1.0.conv1`. Two calls may share a target. */
  readonly target: string
  readonly inputs: readonly ValueId[]
  readonly outputs: readonly ValueId[]
}

/** A dataflow graph over modules: every value has one producer, and calls stand in an order that can be run. */
export interface Graph {
  readonly inputs: readonly ValueId[]
  readonly calls: readonly Call[]
  readonly outputs: readonly ValueId[]
  /** What is known of values, the inputs above all; may be empty. */
  readonly types: ReadonlyMap<ValueId, ValueType>
  /**
   * Has constants that the nodes of a file compute written as their values, where that does not make it larger: those
   * that are the same bits everywhere, or also those that are equal in real arithmetic.
   */
  readonly evaluated?: 'bits' | 'real'
}
