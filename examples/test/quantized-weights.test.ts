import { type Model, readBytes, type Tensor } from '@nnfuse/ir'
import { documentOf, importOnnx, initializerTensors, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { bn, conv, image, kernel, relu } from './fusion-cases/layers.js'
import { aroundZero, ModelBuilder } from './fusion-cases/model-builder.js'
import { relativeDifference } from './run-onnx.js'

/*
 * Weights that a file stores as integers stay those integers, byte for byte, whatever is folded into their layer; ONNX
 * Runtime computes the same with and without its own optimizations.
 */

interface QuantizedCase {
  readonly build: (m: ModelBuilder) => string
  readonly opset?: number
  readonly rank?: number
  /** What is left, in order. */
  readonly nodes: string
  readonly reason?: RegExp
}

const int8 = (m: ModelBuilder, shape: readonly number[]): string =>
  m.tensor(
    'q',
    shape,
    m
      .drawn(
        shape.reduce((a, b) => a * b, 1),
        [-127, 127],
      )
      .map(Math.round),
    'int8',
  )

const oneScale = (m: ModelBuilder, shape: readonly number[]): string =>
  m.node('DequantizeLinear', [int8(m, shape), m.tensor('s', [], [0.003]), m.tensor('z', [], [3], 'int8')])

/** A bias as quantizers store it: integers whose scale is the product of the weight's and the input's. */
const int32Bias = (m: ModelBuilder): string =>
  m.node('DequantizeLinear', [m.tensor('b', [4], [100, -200, 300, 50], 'int32'), m.tensor('sb', [], [0.001])])

const matrix = (m: ModelBuilder): string => m.input([5, 6])

const cases: Record<string, QuantizedCase> = {
  'one scale and zero point': {
    build: (m) => bn(m, conv(m, image(m), kernel, { weight: oneScale(m, kernel) })),
    nodes: 'DequantizeLinear Conv',
  },
  'one integer tensor for two layers': {
    build: (m) => {
      const weight = oneScale(m, kernel)
      const [a, b] = [1, 2].map(() => bn(m, conv(m, image(m), kernel, { weight })))
      return m.node('Add', [a as string, b as string])
    },
    nodes: 'DequantizeLinear Conv DequantizeLinear Conv Add',
  },
  'a layer and its activation': {
    build: (m) => relu(m, bn(m, conv(m, image(m), kernel, { weight: oneScale(m, kernel) }))),
    nodes: 'DequantizeLinear Conv Relu',
  },
  'a bias of integers becomes floats': {
    build: (m) => bn(m, conv(m, image(m), kernel, { weight: oneScale(m, kernel), bias: int32Bias(m) })),
    nodes: 'DequantizeLinear Conv',
  },
  'before opset 13 there is one scale': {
    build: (m) => bn(m, conv(m, image(m), kernel, { weight: oneScale(m, kernel) })),
    opset: 12,
    nodes: 'DequantizeLinear Conv BatchNormalization',
    reason: /its weight is quantized, and a tensor of opset 12 has one scale/,
  },
  'one factor for all is taken up before opset 13': {
    build: (m) =>
      m.node('Mul', [
        conv(m, image(m), kernel, { weight: oneScale(m, kernel) }),
        m.tensor('factor', [], [0.7]),
      ]),
    opset: 12,
    nodes: 'DequantizeLinear Conv',
  },
  'a MatMul and its bias': {
    build: (m) => bn(m, m.node('Add', [m.node('MatMul', [matrix(m), oneScale(m, [6, 4])]), m.weights([4])])),
    rank: 2,
    nodes: 'DequantizeLinear Gemm',
  },
  'a Gemm either way round': {
    build: (m) => {
      const first = bn(m, m.node('Gemm', [matrix(m), oneScale(m, [6, 4])]))
      return bn(m, m.node('Gemm', [first, oneScale(m, [4, 4]), m.weights([4], aroundZero)], { transB: 1 }))
    },
    rank: 2,
    nodes: 'DequantizeLinear Gemm DequantizeLinear Gemm',
  },
  'a Pad that its layer takes up leaves the node that makes floats': {
    build: (m) => {
      const padded = m.node('Pad', [image(m), m.ints(0, 0, 1, 1, 0, 0, 1, 1)])
      return conv(m, padded, kernel, { weight: oneScale(m, kernel) })
    },
    nodes: 'DequantizeLinear Conv',
  },
}

const operators = (model: Model): string[] => documentOf(model)?.nodes.map(({ node }) => node.opType) ?? []

const isInt8 = ({ dtype }: Tensor): boolean => dtype === 'int8'

/** The integers of all weights; zero points are fewer. */
const integersOf = (model: Model): Promise<string[]> => {
  const tensors = [...initializerTensors(model).values()].filter(
    (tensor) => isInt8(tensor) && tensor.shape.length > 1,
  )
  return Promise.all(tensors.map(async (tensor) => Buffer.from(await readBytes(tensor)).toString('hex')))
}

const run = async (bytes: Uint8Array, m: ModelBuilder, graphOptimizationLevel: 'disabled' | 'all') => {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel, intraOpNumThreads: 1 })
  const feeds = m.inputs.map(({ name, shape }) => {
    const dims = shape as number[]
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i))
    return [name, new OrtTensor('float32', values, dims)] as const
  })
  const results = await session.run(Object.fromEntries(feeds))
  await session.release()
  return results[session.outputNames[0] as string]?.data as Float32Array
}

/** With optimizations, ONNX Runtime itself multiplies some quantized matrices in 8 bits: it differs as much from itself. */
const bounds = [
  ['disabled', 1e-5],
  ['all', 5e-3],
] as const

test.each(Object.entries(cases))('%s', async (_, { build, opset = 17, rank = 4, nodes, reason }) => {
  const m = new ModelBuilder(7, { opset, rank })
  const bytes = m.file([build(m)])
  const { model, report } = fuse(await importOnnx(bytes))
  const fused = await serializeOnnx(model)
  const again = await importOnnx(fused)
  expect(operators(again).join(' ')).toBe(nodes)
  expect(await integersOf(again)).toEqual(await integersOf(await importOnnx(bytes)))
  if (reason)
    expect(report.left.flatMap(({ reasons }) => reasons)).toContainEqual(expect.stringMatching(reason))
  for (const [level, bound] of bounds) {
    expect(relativeDifference(await run(bytes, m, level), await run(fused, m, level))).toBeLessThan(bound)
  }
  expect(Buffer.compare(await serializeOnnx(fuse(again).model), fused)).toBe(0)
})
