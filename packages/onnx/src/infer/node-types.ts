import type { ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'

/**
 * What is certain of a node's outputs, in their order, from what is known of its inputs; an input that is left out is
 * of unknown type. Nothing where the node says something that is not understood.
 */
export type NodeTypes = (node: NodeProto, inputs: readonly ValueType[]) => readonly ValueType[]

/** Of nodes with one output. */
export const single =
  (infer: (node: NodeProto, inputs: readonly ValueType[]) => ValueType | undefined): NodeTypes =>
  (node, inputs) => {
    const type = infer(node, inputs)
    return type ? [type] : []
  }
