import {
  type AnyModule,
  Div,
  encode,
  floatTensor,
  Gemm,
  Pad,
  Reshape,
  readValues,
  Squeeze,
  type Tensor,
  Transpose,
  tensorOf,
  Unsqueeze,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { run } from '../index.js'

const zeros = (...shape: number[]): Tensor =>
  floatTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)

test.each<[AnyModule, Tensor, string]>([
  [Reshape({ shape: [4, -1] }), zeros(2, 3), '[2, 3] cannot be reshaped to [4, -1]'],
  [Reshape({ shape: [7] }), zeros(2, 3), '[2, 3] cannot be reshaped to [7]'],
  [Reshape({ shape: [-1, 'copy', 'copy'] }), zeros(2, 3), 'axis 2 is outside of 2 dimensions'],
  [Transpose({ perm: [1, 0] }), zeros(2, 3, 4), '3 axes cannot be put in the order 1, 0'],
  [Squeeze({ axes: [-1] }), zeros(2, 3), 'axis 1 has size 3, not 1'],
  [Unsqueeze({ axes: [3] }), zeros(2), 'axis 3 is outside of 2 dimensions'],
  [Pad({ pads: [[1, 1]] }), zeros(2, 3), 'pads 1 axes, but its input has 2'],
  [Gemm({ weight: zeros(4, 3), bias: zeros(2, 4) }), zeros(5, 3), 'needs shape [2, 3], got [5, 3]'],
])('%o of %o', async (layer, input, message) => {
  await expect(run(layer, [input])).rejects.toMatchObject({
    code: 'RUN_FAILED',
    message: expect.stringContaining(message),
  })
})

const integers = (...values: number[]): Tensor => tensorOf('int32', [values.length], encode(values, 'int32'))

const numbers = async (output: Tensor | undefined): Promise<number[]> =>
  Array.from(await readValues(output as Tensor), Number)

test('integers are divided as integers, rounded toward zero', async () => {
  const { outputs } = await run(Div(), [integers(7, -7, 2 ** 31 - 1, 16_777_217), integers(2, 2, 1, 1)])
  expect(outputs[0]?.dtype).toBe('int32')
  expect(await numbers(outputs[0])).toEqual([3, -3, 2 ** 31 - 1, 16_777_217])
})

test('padding keeps integers integers', async () => {
  const { outputs } = await run(Pad({ pads: [[1, 0]], value: 7 }), [integers(1, 2)])
  expect([outputs[0]?.dtype, await numbers(outputs[0])]).toEqual(['int32', [7, 1, 2]])
})
