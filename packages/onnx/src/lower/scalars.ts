import { type DType, floatTensor, isFloat, type Tensor, type ValueType } from '@nnfuse/ir'

/** The float type of a value; where nothing is known, float32, which nearly every model is. */
export const floatTypeOf = ({ dtype }: ValueType): DType => (dtype && isFloat(dtype) ? dtype : 'float32')

const cache = new Map<string, Tensor>()

/** A number as a tensor without axes; the same tensor for the same number, so that it is written once. */
export const scalar = (value: number, dtype: DType = 'float32'): Tensor => {
  const key = `${dtype} ${value}`
  const known = cache.get(key)
  if (known) return known
  const tensor = floatTensor([value], [], dtype)
  cache.set(key, tensor)
  return tensor
}
