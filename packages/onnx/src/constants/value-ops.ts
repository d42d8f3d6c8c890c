import { elementCount, floatTensor, type Tensor, tensorOf } from '@nnfuse/ir'
import { type AttributeProto, AttributeProto_AttributeType as AttributeType } from 'onnx-buf'
import { isExternal, tensorOfProto } from '../read-tensor.js'
import { stridedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { peekIntegers } from './peek.js'

const integers = (values: readonly bigint[], shape: readonly number[]): Tensor =>
  tensorOf('int64', shape, new Uint8Array(BigInt64Array.from(values).buffer))

const ofAttribute = (attribute: AttributeProto): Tensor | undefined => {
  const { name, type, t, i, ints, f, floats } = attribute
  if (name === 'value' && type === AttributeType.TENSOR && t && !isExternal(t)) return tensorOfProto(t)
  if (name === 'value_int' && type === AttributeType.INT) return integers([i], [])
  if (name === 'value_ints' && type === AttributeType.INTS) return integers(ints, [ints.length])
  if (name === 'value_float' && type === AttributeType.FLOAT) return floatTensor([f], [])
  if (name === 'value_floats' && type === AttributeType.FLOATS) return floatTensor(floats, [floats.length])
  return undefined
}

export const constant: Evaluator = ({ attribute: [attribute, second] }) =>
  attribute === undefined || second ? undefined : ofAttribute(attribute)

export const identity: Evaluator = (_node, [x]) => x

/** One value, repeated: a view whose strides are all zero. */
export const constantOfShape: Evaluator = ({ attribute: [value, second] }, [shapeInput]) => {
  const shape = peekIntegers(shapeInput)
  if (shape === undefined || second || (value && value.name !== 'value')) return undefined
  const scalar = value ? ofAttribute(value) : floatTensor([0], [1])
  if (scalar === undefined || elementCount(scalar.shape) !== 1 || shape.some((dim) => dim < 0))
    return undefined
  return stridedTensor(
    scalar,
    shape,
    shape.map(() => 0),
  )
}
