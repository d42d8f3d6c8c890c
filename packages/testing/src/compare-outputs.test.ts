import { BatchNorm2d, Conv2d, flatten, floatTensor, Linear, ReLU, Sequential, type Tensor } from '@nnfuse/ir'
import { apply, plan } from '@nnfuse/matcher'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { foldIntoConv } from '../test/folding.js'
import { differenceOf } from './compare.js'
import { compareOutputs, randomInputs } from './index.js'

const linear = (...weights: readonly number[]) =>
  Linear({ weight: floatTensor(weights, [weights.length, 1]) })
const inputs = [[2, 1]]

describe('two models are compared by', () => {
  test('their elements, as parts of the largest', async () => {
    expect(await compareOutputs(linear(1, 100), linear(1.0005, 100), { inputs })).toBeUndefined()
    const violation = await compareOutputs(linear(1, 100), linear(1.01, 100), { inputs })
    expect(violation?.difference).toBeCloseTo(1e-4)
    expect(
      await compareOutputs(linear(1, 100), linear(1.01, 100), { inputs, tolerance: 1e-3 }),
    ).toBeUndefined()
  })

  test('the shape and the dtype of their outputs', async () => {
    const double = Linear({ weight: floatTensor([1], [1, 1], 'float64') })
    expect((await compareOutputs(linear(1), linear(1, 1), { inputs }))?.problem).toBe(
      'output 0 is float32[2, 2] instead of float32[2, 1]',
    )
    expect((await compareOutputs(linear(1), double, { inputs }))?.problem).toMatch('output 0 is float64')
  })

  test('whether the second can be run at all', async () => {
    const wide = Linear({ weight: floatTensor([1, 1], [1, 2]) })
    expect((await compareOutputs(linear(1), wide, { inputs }))?.problem).toMatch(
      'the fused model cannot be run',
    )
    await expect(compareOutputs(wide, linear(1), { inputs })).rejects.toMatchObject({
      code: 'CASE_CANNOT_RUN',
    })
  })

  test('where they give no numbers', async () => {
    const nan = linear(Number.NaN)
    expect(await compareOutputs(nan, linear(Number.NaN), { inputs })).toBeUndefined()
    expect((await compareOutputs(nan, linear(1), { inputs }))?.difference).toBe(Number.POSITIVE_INFINITY)
    expect((await compareOutputs(linear(1), nan, { inputs }))?.difference).toBe(Number.POSITIVE_INFINITY)
  })
})

test('what cancels may differ by its rounding: here nearly all that a ReLU lets through is rounding', async () => {
  const model = flatten(
    Sequential([
      Conv2d({
        weight: floatTensor([-1.47, -0.06], [2, 1, 1, 1]),
        padding: [
          [1, 1],
          [0, 0],
        ],
      }),
      BatchNorm2d({
        numFeatures: 2,
        weight: floatTensor([0, -1.39], [2]),
        bias: floatTensor([0, -1.13], [2]),
        runningMean: floatTensor([0, 1.12], [2]),
        runningVar: floatTensor([0.01, 2.19], [2]),
      }),
      ReLU(),
    ]),
  )
  const fused = apply(plan(model, [foldIntoConv()]))
  const image = [[2, 1, 6, 1]]
  const [before, after] = await Promise.all(
    [model, fused].map(async (each) => (await run(each, randomInputs(image, 2))).outputs[0] as Tensor),
  )
  const { largest, scale } = await differenceOf(before as Tensor, after as Tensor)
  expect(largest).toBeGreaterThan(1e-5 * scale)
  expect(await compareOutputs(model, fused, { inputs: image, seed: 2 })).toBeUndefined()
})
