import { create, toBinary } from '@bufbuild/protobuf'
import { NodeProtoSchema } from 'onnx-buf'
import type { OnnxOpAttrs } from './onnx-op.js'

/** They draw numbers, or may. */
const random = new Set([
  ...['Bernoulli', 'Dropout', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform'],
  'RandomUniformLike',
])

/** Bytes of attributes: nodes that hold tensors are not worth comparing. */
const mostCompared = 4096

/**
 * What decides what a node computes of its inputs: its operator, its attributes, and which inputs and outputs there are.
 * Undefined for operators that draw random numbers, for those of other domains, and for nodes with graphs inside or much
 * in their attributes.
 */
export const computedBy = ({ opType, isStandard, node, slots, outputs, inner }: OnnxOpAttrs): unknown => {
  if (!isStandard || inner !== undefined || random.has(opType)) return undefined
  if (slots.some((slot) => 'captured' in slot)) return undefined
  const attributes = toBinary(NodeProtoSchema, create(NodeProtoSchema, { attribute: node.attribute }))
  if (attributes.length > mostCompared) return undefined
  return { opType, overload: node.overload, attributes: [...attributes], slots, outputs }
}
