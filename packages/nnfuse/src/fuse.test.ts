import {
  Flatten,
  floatTensor,
  graphModule,
  Identity,
  MaxPool2d,
  Model,
  manualSeed,
  print,
  ReLU,
  Sequential,
  train,
  withAttrs,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { fuse } from './fuse.js'

const nn = manualSeed(0)

const network = () =>
  graphModule(
    {
      stem: Sequential({ conv: nn.Conv2d(3, 8, 3, { bias: false }), bn: nn.BatchNorm2d(8), relu: ReLU() }),
      conv: nn.Conv2d(8, 8, 1),
      pool: MaxPool2d({ kernelSize: [2, 2] }),
      norm: withAttrs(nn.BatchNorm2d(8), { weight: floatTensor([1, 1, 1, 1, 1, 1, 1, -1], [8]) }),
      flat: Flatten(),
      head: Sequential([nn.Linear(8, 4), Identity(), nn.BatchNorm1d(4), ReLU()]),
    },
    (m, x) => m.head(m.flat(m.norm(m.pool(m.conv(m.stem(x)))))),
  )

test('everything that is legal is fused, and the rest says why', () => {
  const model = new Model(network())
  const before = print(model.root)
  const { model: result, report } = fuse(model)
  expect(print(result.root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (head.3)
      stem.conv: nni.ConvReLU2d : stem.relu <- x
        0: nn.Conv2d(3 -> 8, 3x3)
        1: nn.ReLU
      conv: nn.Conv2d(8 -> 8, 1x1) : conv <- stem.relu
      pool: nn.MaxPool2d(2x2, stride 2x2) : pool <- conv
      norm: nn.BatchNorm2d(8) : norm <- pool
      flat: nn.Flatten : flat <- norm
      head.0: nni.LinearReLU : head.3 <- flat
        0: nn.Linear(8 -> 4)
        1: nn.ReLU"
  `)
  expect(report.applied.map(({ rule }) => rule)).toEqual(['conv2d-bn-relu', 'linear-bn-relu'])
  expect(report.left).toEqual([
    {
      path: 'norm',
      kind: 'nn.BatchNorm2d',
      reasons: [
        'pool (nn.MaxPool2d): multiplied by a negative number, the largest would be the smallest',
        'flat (nn.Flatten): it is not certain that axis 1 of its input is one axis of its output',
      ],
    },
  ])
  expect(report.dropped).toEqual(['head.1'])
  expect(print(model.root)).toBe(before)
})

test('fusing what is fused changes nothing', () => {
  const once = fuse(network()).model
  const twice = fuse(once)
  expect(twice.model.root).toBe(once.root)
  expect(twice.report.applied).toEqual([])
})

test('a model in training mode keeps its batch-norms and says what to do', () => {
  const { report } = fuse(train(network()))
  expect(report.left.find(({ path }) => path === 'stem.bn')?.reasons).toEqual([
    'stem.conv is in training mode; call inference(model) first, or fuse for QAT',
  ])
})

test('what the reader of a file left opaque is among what is left, and its source goes along', () => {
  const source = { bytes: 1 }
  const note = { path: 'bn9', what: 'BatchNormalization', reason: 'exported in training mode' }
  const { model, report } = fuse(new Model(network(), { source, notes: [note] }))
  expect(model.source).toBe(source)
  expect(report.left[0]).toEqual({
    path: 'bn9',
    kind: 'BatchNormalization',
    reasons: ['exported in training mode'],
  })
})

test('a linear layer absorbs its batch-norm where its output is known to have two axes', () => {
  const model = Sequential({ fc: nn.Linear(8, 4), bn: nn.BatchNorm1d(4) })
  expect(fuse(model).report.left).toMatchObject([
    {
      path: 'bn',
      reasons: ["it is not known how many axes fc gives; state the types of the model's inputs"],
    },
  ])
  const known = fuse(model, { inputs: [{ dtype: 'float32', shape: ['batch', 8] }] })
  expect([known.report.left, [...known.model.root.children.keys()]]).toEqual([[], ['fc']])
  expect(fuse(model, { inputs: [{ dtype: 'float32', shape: ['batch', 4, 8] }] }).report.left).toHaveLength(1)
})

test('a graph of two hundred thousand layers is walked without running out of stack', () => {
  const [relu, bn, identity] = [ReLU(), nn.BatchNorm2d(2), Identity()]
  const layers = Array.from({ length: 70_000 }, () => [relu, bn, identity]).flat()
  const { model, report } = fuse(Sequential(layers))
  expect([report.dropped.length, report.left.length]).toEqual([70_000, 70_000])
  expect(print(train(model.root))).toContain('nni.BNReLU2d')
}, 60_000)
