import type { Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import type { DraftValue } from '../draft.js'

/** Attributes of a new node, in the order they are written. */
export type NewAttributes = Readonly<
  Record<string, number | readonly number[] | string | { readonly float: number }>
>

/** What lowering a layer to nodes may do. */
export interface Emit {
  readonly opset: number
  /** Path of the module being lowered, for errors. */
  readonly path: string
  /**
   * Adds a node with one output.
   *
   * @param inputs undefined for an optional input that is left out
   */
  node(
    opType: NodeProto['opType'],
    inputs: readonly (DraftValue | undefined)[],
    type: ValueType,
    attributes?: NewAttributes,
  ): DraftValue
  /** Adds a node with several outputs, a type for each. */
  nodeOf(
    opType: NodeProto['opType'],
    inputs: readonly (DraftValue | undefined)[],
    types: readonly ValueType[],
    attributes?: NewAttributes,
  ): readonly DraftValue[]
  /** Whether the layer takes the place of a node of this operator in the file. */
  replaces(opType: string): boolean
  /**
   * A tensor as a value.
   *
   * @param name its last part; the path of the layer comes before
   * @param opType the node it is for: a layer that replaces a node of the file takes over its path
   */
  tensor(tensor: Tensor, name: string, opType: string): DraftValue
}
