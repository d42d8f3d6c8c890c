import {
  type AnyModule,
  decodeFloats,
  deferredTensor,
  encode,
  isFloat,
  mapModules,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import type { NumbersInput } from '@nnfuse/runtime'

const widened = (tensor: Tensor): Tensor =>
  deferredTensor('float64', tensor.shape, [tensor], (bytes) =>
    encode(decodeFloats(bytes, tensor.dtype), 'float64'),
  )

const isFloatTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'storage' in value && isFloat((value as Tensor).dtype)

const widenedAttrs = (module: AnyModule): AnyModule => {
  const tensors = Object.entries(module.attrs as object).filter(([, value]) => isFloatTensor(value))
  return tensors.length === 0
    ? module
    : withAttrs(module, Object.fromEntries(tensors.map(([name, tensor]) => [name, widened(tensor)])))
}

/** The model with its float tensors in float64, in which hardly anything is lost. */
export const inFloat64 = (model: AnyModule): AnyModule => mapModules(model, widenedAttrs)

/** The same numbers as float64. */
export const inputsInFloat64 = (inputs: readonly NumbersInput[]): NumbersInput[] =>
  inputs.map(({ data, shape }) => ({ data: Float64Array.from(data as Float32Array), shape }))
