import type { Tensor, ValueType } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'

/**
 * Computes a node whose inputs are constants; undefined where it cannot, exactly. `types` are those of the
 * node's inputs, also of inputs that are no constants. `opset` is that of the file.
 */
export type Evaluator = (
  node: NodeProto,
  inputs: readonly (Tensor | undefined)[],
  types: readonly ValueType[],
  opset: number,
) => Tensor | undefined
