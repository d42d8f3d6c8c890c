import { documentOf, importOnnx, serializeOnnx } from '@nnfuse/onnx'
import { fuse } from 'nnfuse'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { relu } from './fusion-cases/layers.js'
import { type FileOptions, ModelBuilder } from './fusion-cases/model-builder.js'
import { dataTypeOf } from './fusion-cases/protos.js'

/*
 * What files compute ahead of or beside what they are for: sizes, constants, casts, the same thing twice. What is left
 * gives the same bits in ONNX Runtime.
 */

interface SizesCase extends FileOptions {
  readonly build: (m: ModelBuilder) => string | readonly string[]
  /** What is left, in order. */
  readonly nodes: string
  /** Draws random numbers, so that nothing can be compared. */
  readonly random?: true
}

const sequences = (m: ModelBuilder): string => m.input(['batch', 'steps', 8])

/** One size of a value, as a list. */
const sizeOf = (m: ModelBuilder, x: string, axis: number): string =>
  m.node('Unsqueeze', [
    m.node('Gather', [m.node('Shape', [x]), m.tensor('axis', [], [axis], 'int64')]),
    m.ints(0),
  ])

const listOf = (m: ModelBuilder, ...parts: string[]): string => m.node('Concat', parts, { axis: 0 })

const cases: Record<string, SizesCase> = {
  'a size that is a symbol is left to the reshape': {
    build: (m) => {
      const x = m.input(['batch', 4, 6])
      return m.node('Reshape', [x, listOf(m, sizeOf(m, x, 0), m.ints(3, 8))])
    },
    nodes: 'Reshape',
    rank: 3,
  },
  'a symbol at the same place is copied': {
    build: (m) => {
      const x = sequences(m)
      return m.node('Reshape', [x, listOf(m, sizeOf(m, x, 0), sizeOf(m, x, 1), m.ints(2, 4))])
    },
    nodes: 'Reshape',
  },
  'arithmetic with sizes that are known': {
    build: (m) => {
      const x = sequences(m)
      const half = m.node('Div', [sizeOf(m, x, 2), m.ints(2)])
      const rows = m.node('Mul', [sizeOf(m, x, 0), m.ints(2)])
      return m.node('Reshape', [x, listOf(m, rows, m.ints(-1), m.node('Cast', [half], { to: 7 }))])
    },
    nodes: 'Reshape',
    rank: 3,
  },
  'two sizes that are elsewhere stay computed': {
    build: (m) => {
      const x = sequences(m)
      return m.node('Reshape', [x, listOf(m, sizeOf(m, x, 1), sizeOf(m, x, 0), m.ints(8))])
    },
    nodes: 'Shape Gather Unsqueeze Gather Unsqueeze Concat Reshape',
    rank: 3,
  },
  'the same thing twice': {
    build: (m) => {
      const x = m.input([2, 3])
      const [a, b] = [relu(m, x), relu(m, x)]
      return m.node('Add', [m.node('Erf', [a]), m.node('Erf', [b])])
    },
    nodes: 'Relu Erf Add',
    rank: 2,
  },
  'another attribute is another thing': {
    build: (m) => {
      const x = m.input([2, 3])
      return m.node('Add', [m.node('Softmax', [x], { axis: 0 }), m.node('Softmax', [x], { axis: 1 })])
    },
    nodes: 'Softmax Softmax Add',
    rank: 2,
  },
  'outputs stay': {
    build: (m) => {
      const x = m.input([2, 3])
      return [relu(m, x), relu(m, x)]
    },
    nodes: 'Relu Relu',
    rank: 2,
  },
  'random numbers are drawn twice': {
    build: (m) => {
      const x = m.input([2, 3])
      return m.node('Add', [m.node('RandomNormalLike', [x]), m.node('RandomNormalLike', [x])])
    },
    nodes: 'RandomNormalLike RandomNormalLike Add',
    rank: 2,
    random: true,
  },
  'a cast to the dtype that is there, an expansion to the shape that is there': {
    build: (m) => {
      const x = m.node('Cast', [m.input(['batch', 3])], { to: dataTypeOf('float32') })
      return m.node('Erf', [m.node('Expand', [x, m.ints(1, 3)])])
    },
    nodes: 'Erf',
    rank: 2,
  },
  'a slice of all of it': {
    build: (m) => {
      const x = m.node('Slice', [m.input([2, 3]), m.ints(0), m.ints(2 ** 31), m.ints(1), m.ints(1)])
      return m.node('Erf', [x])
    },
    nodes: 'Erf',
    rank: 2,
  },
  'a slice of all of it, backwards': {
    build: (m) => {
      const x = m.node('Slice', [m.input([2, 3]), m.ints(-1), m.ints(-9), m.ints(1), m.ints(-1)])
      return m.node('Erf', [x])
    },
    nodes: 'Slice Erf',
    rank: 2,
  },
  constants: {
    build: (m) => {
      const root = m.node('Sqrt', [m.tensor('c', [1, 3], [1, 2, 3])])
      const scale = m.node('Div', [m.tensor('one', [], [1]), m.node('Sqrt', [root])])
      return m.node('Erf', [m.node('Max', [m.input([2, 3]), scale])])
    },
    nodes: 'Max Erf',
    rank: 2,
  },
  'a large constant of one number stays computed': {
    build: (m) =>
      m.node('Max', [m.input([2, 9000]), m.node('Expand', [m.tensor('c', [1], [2]), m.ints(2, 9000)])]),
    nodes: 'Expand Max',
    rank: 2,
  },
  'powers and means are constants, too': {
    build: (m) => {
      const roots = m.node('Pow', [m.tensor('c', [2], [4, 9]), m.tensor('e', [], [0.5])])
      return m.node('Max', [m.input([2]), m.node('Sub', [roots, m.node('ReduceMean', [roots])])])
    },
    nodes: 'Max',
    rank: 1,
  },
  'weights of 8 bits stay that, however small': {
    build: (m) => {
      const weight = m.node('DequantizeLinear', [
        m.tensor('q', [3], [1, 2, -3], 'int8'),
        m.tensor('s', [], [0.5]),
      ])
      return m.node('Max', [m.input([2, 3]), weight])
    },
    nodes: 'DequantizeLinear Max',
    rank: 2,
  },
}

const sizes: Readonly<Record<string, number>> = { batch: 2, steps: 5 }

const run = async (bytes: Uint8Array, m: ModelBuilder): Promise<Float32Array[]> => {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' })
  const feeds = m.inputs.map(({ name, shape }) => {
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : (sizes[dim ?? ''] ?? 1)))
    const count = dims.reduce((product, dim) => product * dim, 1)
    return [
      name,
      new OrtTensor(
        'float32',
        Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
        dims,
      ),
    ] as const
  })
  const results = await session.run(Object.fromEntries(feeds))
  await session.release()
  return session.outputNames.map((name) => results[name]?.data as Float32Array)
}

test.each(Object.entries(cases))('%s', async (_, { build, nodes, random, ...options }) => {
  const m = new ModelBuilder(3, options)
  const outputs = build(m)
  const bytes = m.file(typeof outputs === 'string' ? [outputs] : outputs)
  const fused = await serializeOnnx(fuse(await importOnnx(bytes)).model)
  const again = await importOnnx(fused)
  expect(
    documentOf(again)
      ?.nodes.map(({ node }) => node.opType)
      .join(' '),
  ).toBe(nodes)
  expect(fused.length).toBeLessThan(bytes.length + 1024)
  if (!random) expect(await run(fused, m)).toEqual(await run(bytes, m))
  expect(Buffer.compare(await serializeOnnx(fuse(again).model), fused)).toBe(0)
  expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
})
