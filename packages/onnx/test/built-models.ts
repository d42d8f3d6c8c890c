import {
  type AnyModule,
  floatTensor,
  graphModule,
  isNnfuseError,
  Model,
  type NnfuseError,
  type Tensor,
  type ValueType,
} from '@nnfuse/ir'
import { expect } from 'vitest'
import { serializeOnnx } from '../src/index.js'
import { ramp } from './onnx-builder.js'
import { runOnnx } from './run-onnx.js'

export const filled = (...shape: number[]): Tensor =>
  floatTensor(ramp(shape.reduce((a, b) => a * b, 1)), shape)

const positive = (size: number): Tensor =>
  floatTensor(
    ramp(size).map((x) => x * x + 0.5),
    [size],
  )

export const float = (...shape: (number | string)[]): ValueType => ({ dtype: 'float32', shape })

export const batchNorm = (features: number) => ({
  numFeatures: features,
  weight: filled(features),
  bias: filled(features),
  runningMean: filled(features),
  runningVar: positive(features),
})

/** One layer as a model with the input x. */
export const single = (layer: AnyModule, type: ValueType): Model =>
  new Model(graphModule({ layer }, (m, x) => m.layer(x), { inputs: { x: type } }))

export const run = async (model: Model, dims: number[], values: ArrayLike<number>, opset?: number) => {
  const bytes = await serializeOnnx(model, opset === undefined ? {} : { opset })
  const [output] = Object.values(await runOnnx(bytes, { x: { dims, values } }))
  return output?.values ?? []
}

export const failure = async (action: Promise<unknown>): Promise<NnfuseError> => {
  const error: unknown = await action.catch((caught: unknown) => caught)
  if (!isNnfuseError(error)) throw new Error(`expected an NnfuseError, got ${String(error)}`)
  return error
}

export const close = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5)
}
