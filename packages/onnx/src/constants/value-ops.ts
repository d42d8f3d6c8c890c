import {
  type DType,
  decode,
  elementCount,
  encode,
  floatTensor,
  isFloat,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import { type AttributeProto, AttributeProto_AttributeType as AttributeType } from 'onnx-buf'
import { readAttributes } from '../attributes.js'
import { dtypeOf } from '../data-types.js'
import { isExternal, tensorOfProto } from '../read-tensor.js'
import { derivedTensor, stridedTensor } from './derived-tensor.js'
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

const isInteger = (dtype: DType): boolean => /^u?int(8|16|32|64)$/.test(dtype) || dtype === 'bool'

/** Casts whose result does not depend on how an implementation treats what does not fit. */
const isPlain = (from: DType, to: DType): boolean => {
  if (to === 'bool') return isFloat(from) || isInteger(from)
  return isFloat(to) ? isFloat(from) || isInteger(from) : from === 'bool' && isInteger(to)
}

const fits = (dtype: DType, value: number): boolean => {
  const [, unsigned, bits] = /^(u?)int(8|16|32|64)$/.exec(dtype) ?? []
  const width = Math.min(Number(bits), 53)
  return unsigned
    ? value >= 0 && value < 2 ** width
    : Math.abs(value) < 2 ** Math.min(width, Number(bits) - 1)
}

const numbers = (bytes: Uint8Array, dtype: DType): number[] =>
  Array.from(decode(bytes, dtype) as ArrayLike<number | bigint>, Number)

const castTo = (tensor: Tensor, dtype: DType): Tensor | undefined => {
  const { dtype: from, shape } = tensor
  if (from === dtype) return tensor
  if (isPlain(from, dtype)) {
    const toBool = (value: number): number => (value === 0 ? 0 : 1)
    return derivedTensor({ dtype, shape }, [tensor], (bytes) =>
      encode(dtype === 'bool' ? numbers(bytes, from).map(toBool) : numbers(bytes, from), dtype),
    )
  }
  return isInteger(dtype) && (isFloat(from) || isInteger(from)) ? castToInteger(tensor, dtype) : undefined
}

/** Only of values that are at hand, since what happens to one that does not fit is nobody's standard. */
const castToInteger = (tensor: Tensor, dtype: DType): Tensor | undefined => {
  const { storage, dtype: from, shape } = tensor
  if (storage.type !== 'memory') return undefined
  const values = numbers(storage.bytes, from).map(Math.trunc)
  return values.every((value) => fits(dtype, value))
    ? tensorOf(dtype, shape, encode(values, dtype))
    : undefined
}

export const cast: Evaluator = (node, [x]) => {
  const attributes = readAttributes(node, { to: 'int', saturate: 'int' })
  if (x === undefined || typeof attributes === 'string') return undefined
  const dtype = dtypeOf(attributes.to ?? 0)
  return dtype && castTo(x, dtype)
}

/** Depends on the type of its second input only, so it is constant even where that input is data. */
export const castLike: Evaluator = (_node, [x], [, like]) =>
  x && like?.dtype ? castTo(x, like.dtype) : undefined
