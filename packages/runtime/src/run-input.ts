import { type DType, NnfuseError, type Tensor, tensorOf } from '@nnfuse/ir'

/** Numbers in row-major order with their shape. The class of the array is the dtype. */
export interface NumbersInput {
  readonly data: ArrayBufferView
  readonly shape: readonly number[]
}

/** A value given to a model: a tensor, whose dtype may be any that can be computed with, or numbers. */
export type RunInput = Tensor | NumbersInput

const dtypes: ReadonlyMap<string, DType> = new Map([
  ['Float16Array', 'float16'],
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int8Array', 'int8'],
  ['Int16Array', 'int16'],
  ['Int32Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Uint16Array', 'uint16'],
  ['Uint32Array', 'uint32'],
])

/** Whether a value can be given to a model. */
export const isRunInput = (value: unknown): value is RunInput =>
  typeof value === 'object' && value !== null && 'shape' in value && ('storage' in value || 'data' in value)

/**
 * The input as a tensor; numbers are not copied.
 *
 * @throws NnfuseError `DTYPE_UNSUPPORTED` for an array class that is no dtype, `TENSOR_SIZE` where the shape does
 *   not fit the numbers.
 */
export const toTensor = (input: RunInput): Tensor => {
  if ('storage' in input) return input
  const { data, shape } = input
  // By name: arrays of another realm, or of a stand-in for a missing class, are as good.
  const name = String((data as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag])
  const dtype = dtypes.get(name)
  if (dtype === undefined) {
    throw new NnfuseError('DTYPE_UNSUPPORTED', `a ${name} cannot be given to a model`, {
      hint: `Use one of ${[...dtypes.keys()].join(', ')}, or a tensor.`,
    })
  }
  return tensorOf(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}
