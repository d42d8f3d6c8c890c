import {
  AdaptiveAvgPool2d,
  type AnyModule,
  AvgPool2d,
  BatchNorm1d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Flatten,
  floatTensor,
  GELU,
  Hardswish,
  Identity,
  LeakyReLU,
  Linear,
  MaxPool2d,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Tanh,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { close, float, run, single } from '../test/built-models.js'
import { ramp } from '../test/onnx-builder.js'
import { runOnnx } from '../test/run-onnx.js'
import { serializeOnnx } from './index.js'

const opsets = [7, 9, 10, 11, 13, 14, 17, 20, 21]
const xs = [-4, -2, -0.5, 0, 0.5, 2, 7]

const erf = (x: number): number => {
  // Abramowitz and Stegun 7.1.26, good to 1.5e-7
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return Math.sign(x) * (1 - series * Math.exp(-x * x))
}

describe('activations compute what they say, in every opset', () => {
  const cases: [AnyModule, (x: number) => number, number?][] = [
    [ReLU(), (x) => Math.max(x, 0)],
    [ReLU6(), (x) => Math.min(Math.max(x, 0), 6)],
    [Tanh(), Math.tanh],
    [Sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
    [SiLU(), (x) => x / (1 + Math.exp(-x))],
    [LeakyReLU({ negativeSlope: 0.2 }), (x) => (x < 0 ? 0.2 * x : x)],
    [Hardswish(), (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6],
    [GELU(), (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), 9],
    [
      GELU({ approximate: 'tanh' }),
      (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    [Dropout({ p: 0.3 }), (x) => x],
    [Identity(), (x) => x],
  ]

  test.each(cases.map((entry) => [entry[0].kind, ...entry] as const))(
    '%s',
    async (_, layer, compute, oldest = 7) => {
      for (const opset of opsets.filter((version) => version >= oldest)) {
        close(await run(single(layer, float(7)), [7], xs, opset), xs.map(compute))
      }
    },
  )
})

describe('layers compute what they say', () => {
  test('a convolution, by hand', async () => {
    const weight = floatTensor([1, 0, 0, -1], [1, 1, 2, 2])
    const conv = Conv2d({
      weight,
      bias: floatTensor([10], [1]),
      stride: [1, 2],
      padding: [
        [1, 0],
        [0, 1],
      ],
    })
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    // Rows -1..1, columns 0 and 2, zeros outside: x[r][c] - x[r + 1][c + 1] + 10
    const expected = [10 - 2, 10, 1 - 5 + 10, 3 + 10, 4 - 8 + 10, 6 + 10]
    close(await run(single(conv, float(1, 1, 3, 3)), [1, 1, 3, 3], x), expected)
  })

  test.each([
    ['reflect', [3, 2, 1, 2, 3, 2, 1]],
    ['replicate', [1, 1, 1, 2, 3, 3, 3]],
    ['circular', [2, 3, 1, 2, 3, 1, 2]],
  ] as const)('padding with %s', async (paddingMode, expected) => {
    const conv = Conv1d({ weight: floatTensor([1], [1, 1, 1]), padding: 2, paddingMode })
    close(await run(single(conv, float(1, 1, 3)), [1, 1, 3], [1, 2, 3]), expected)
  })

  test.each([
    ['same', [1 * 2 + 2 * 3, 2 * 2 + 3 * 3, 3 * 2]],
    ['same-lower', [1 * 3, 1 * 2 + 2 * 3, 2 * 2 + 3 * 3]],
  ] as const)('padding %s, the odd one at its end', async (padding, expected) => {
    const conv = Conv1d({ weight: floatTensor([2, 3], [1, 1, 2]), padding })
    close(await run(single(conv, float(1, 1, 3)), [1, 1, 3], [1, 2, 3]), expected)
  })

  test.each([
    ['same', [30, 41, 2, 3]],
    ['same-lower', [20, 30, 41, 2]],
  ] as const)('padding %s with dilation, the odd one at its end', async (padding, expected) => {
    const conv = Conv1d({ weight: floatTensor([1, 10], [1, 1, 2]), padding, dilation: 3 })
    close(await run(single(conv, float(1, 1, 4)), [1, 1, 4], [1, 2, 3, 4]), [...expected])
  })

  test('a batch-norm, affine and not', async () => {
    const statistics = { runningMean: floatTensor([1, 2], [2]), runningVar: floatTensor([4, 9], [2]), eps: 0 }
    const affine = { weight: floatTensor([2, 3], [2]), bias: floatTensor([5, 7], [2]) }
    const x = [3, 5, -1, 8]
    const plain = [1, 1, -1, 2]
    for (const opset of opsets) {
      const bare = BatchNorm1d({ numFeatures: 2, ...statistics })
      close(await run(single(bare, float(2, 2)), [2, 2], x, opset), plain)
      const full = BatchNorm1d({ numFeatures: 2, ...statistics, ...affine })
      close(await run(single(full, float(2, 2)), [2, 2], x, opset), [2 + 5, 3 + 7, -2 + 5, 6 + 7])
    }
  })

  test('a linear layer, of matrices and of more axes', async () => {
    const linear = Linear({
      weight: floatTensor([1, 2, 3, 4, 5, 6], [2, 3]),
      bias: floatTensor([10, 20], [2]),
    })
    const bare = Linear({ weight: linear.attrs.weight })
    const x = [1, 1, 1, 1, 0, -1]
    for (const opset of opsets) {
      close(await run(single(linear, float(2, 3)), [2, 3], x, opset), [16, 35, 8, 18])
      close(await run(single(linear, float(1, 2, 3)), [1, 2, 3], x, opset), [16, 35, 8, 18])
      close(await run(single(bare, float(2, 3)), [2, 3], x, opset), [6, 15, -2, -2])
    }
  })

  test('pools', async () => {
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const of = (layer: AnyModule) => run(single(layer, float(1, 1, 3, 3)), [1, 1, 3, 3], x)
    close(await of(MaxPool2d({ kernelSize: 2, stride: 1 })), [5, 6, 8, 9])
    close(await of(MaxPool2d({ kernelSize: 2, ceilMode: true })), [5, 6, 8, 9])
    close(await of(MaxPool2d({ kernelSize: 2, stride: 1, dilation: 2 })), [9])
    close(await of(AvgPool2d({ kernelSize: 2, stride: 1 })), [3, 4, 6, 7])
    close(await of(AvgPool2d({ kernelSize: 2, padding: 1 })), [0.25, 1.25, 2.75, 7])
    close(await of(AvgPool2d({ kernelSize: 2, padding: 1, countIncludePad: false })), [1, 2.5, 5.5, 7])
    close(await of(AdaptiveAvgPool2d({ outputSize: 1 })), [5])
  })

  test('a transposed convolution', async () => {
    const conv = ConvTranspose2d({
      weight: floatTensor([1, 2, 3, 4], [1, 1, 2, 2]),
      stride: 2,
      outputPadding: [1, 0],
    })
    close(
      await run(single(conv, float(1, 1, 1, 2)), [1, 1, 1, 2], [1, 10]),
      [1, 2, 10, 20, 3, 4, 30, 40, 0, 0, 0, 0],
    )
  })

  test('flattening some of the axes', async () => {
    const shapeOf = async (startAxis: number, endAxis: number) => {
      const bytes = await serializeOnnx(single(Flatten({ startAxis, endAxis }), float('n', 3, 4, 5)))
      const [output] = Object.values(await runOnnx(bytes, { x: { dims: [2, 3, 4, 5], values: ramp(120) } }))
      return output?.dims
    }
    expect(await shapeOf(1, -1)).toEqual([2, 60])
    expect(await shapeOf(2, -1)).toEqual([2, 3, 20])
    expect(await shapeOf(1, 2)).toEqual([2, 12, 5])
    expect(await shapeOf(0, 1)).toEqual([6, 4, 5])
  })
})
