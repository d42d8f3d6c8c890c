import { type DType, encode, isFloat, type Tensor, tensorOf } from '@nnfuse/ir'
import { readAttributes } from '../attributes.js'
import { dtypeOf } from '../data-types.js'
import { derivedTensor } from './derived-tensor.js'
import type { Evaluator } from './evaluator.js'
import { fits, isInteger, numbers } from './numbers.js'

/** Casts whose result does not depend on how an implementation treats what does not fit. */
const isPlain = (from: DType, to: DType): boolean => {
  if (to === 'bool') return isFloat(from) || isInteger(from)
  return isFloat(to) ? isFloat(from) || isInteger(from) : from === 'bool' && isInteger(to)
}

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

/** Only of values that are at hand, since what happens to one that does not fit is nobody's standard; and not of approximate ones. */
const castToInteger = (tensor: Tensor, dtype: DType): Tensor | undefined => {
  const { storage, dtype: from, shape, approximate } = tensor
  if (storage.type !== 'memory' || approximate) return undefined
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
