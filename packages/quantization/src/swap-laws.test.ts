import {
  type AnyModule,
  Conv2d,
  ConvBn2d,
  ConvBnReLU2d,
  ConvReLU1d,
  ConvTransposeBn2d,
  findModule,
  LinearBn1d,
  LinearReLU,
  type Model,
  manualSeed,
  ReLU,
  Sequential,
} from '@nnfuse/ir'
import {
  arbitraryConv2d,
  arbitraryConvTranspose2d,
  arbitraryLinear,
  chainOf,
  type SwapCase,
  testSwap,
} from '@nnfuse/testing'
import { test } from 'vitest'
import { convert, fakeQuantize, prepareQat, qatKinds, qconfigs, toFloat } from './index.js'

const nn = manualSeed(0)
const conv = nn.Conv2d(4, 6, 3, { groups: 2 })

const held: Readonly<Record<string, AnyModule>> = {
  'linear and ReLU': LinearReLU(nn.Linear(3, 4), ReLU()),
  'convolution and ReLU of one axis': ConvReLU1d(nn.Conv1d(2, 4, 3), ReLU()),
}
const normed: Readonly<Record<string, AnyModule>> = {
  'convolution and batch-norm': ConvBn2d(conv, nn.BatchNorm2d(6)),
  'convolution, batch-norm and ReLU': ConvBnReLU2d(conv, nn.BatchNorm2d(6), ReLU()),
  'transposed convolution and batch-norm': ConvTransposeBn2d(
    nn.ConvTranspose2d(4, 6, 3, { groups: 2 }),
    nn.BatchNorm2d(6),
  ),
  'linear and batch-norm': LinearBn1d(nn.Linear(3, 4), nn.BatchNorm1d(4)),
}

const inputsOf = (layer: AnyModule): number[][] => {
  const { shape } = (findModule(layer, '0').attrs as { weight: { shape: number[] } }).weight
  if (layer.kind.startsWith('nni.Linear')) return [[5, shape[1] as number]]
  return layer.kind === 'nni.ConvReLU1d' ? [[2, 2, 6]] : [[2, 4, 6, 6]]
}

const caseOf = (layer: AnyModule, more: Partial<SwapCase> = {}): SwapCase => ({
  model: Sequential({ layer }),
  inputs: inputsOf(layer),
  becomes: { layer: qatKinds.get(layer.kind)?.kind as string },
  ...more,
})

const casesOf = (layers: Readonly<Record<string, AnyModule>>, more: Partial<SwapCase> = {}) =>
  Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, caseOf(layer, more)]))

const alone: Readonly<Record<string, SwapCase>> = {
  'random linear layers': { model: chainOf(arbitraryLinear), becomes: { 0: 'nnqat.Linear' } },
  'random convolutions': { model: chainOf(arbitraryConv2d), becomes: { 0: 'nnqat.Conv2d' } },
  'random transposed convolutions': {
    model: chainOf(arbitraryConvTranspose2d),
    becomes: { 0: 'nnqat.ConvTranspose2d' },
  },
}

const weights = { default: qconfigs.qat.x86 }
const prepare = (model: Model): Model => prepareQat(model, weights, { activations: false })
const plain = (root: AnyModule): AnyModule => fakeQuantize(root, false)
const withoutNorm = ConvBn2d(conv, nn.BatchNorm2d(6, { affine: false }))

testSwap(
  prepare,
  {
    swaps: { ...alone, ...casesOf(held), ...casesOf(normed, { foldsBack: true }) },
    declines: {
      'a batch-norm without gamma': {
        model: Sequential({ layer: withoutNorm }),
        path: 'layer',
        reason: 'layer: the batch-norm is not affine',
      },
    },
  },
  {
    test: (name, run) => test(`preparing: ${name}`, run),
    plain,
    back: toFloat,
    runs: 4,
    modes: ['inference'],
  },
)

// Folding is for inference; there and back in training is only told of layers without a batch-norm.
testSwap(
  prepare,
  { swaps: { ...alone, ...casesOf(held), ...casesOf(normed) } },
  { test: (name, run) => test(`preparing in training: ${name}`, run), plain, runs: 4, modes: ['training'] },
)

testSwap(
  (model) => convert(prepare(model)),
  {
    swaps: {
      convolution: { model: Sequential({ layer: Conv2d(conv.attrs) }), becomes: { layer: 'nnq.Conv2d' } },
      'linear and ReLU': caseOf(held['linear and ReLU'] as AnyModule, {
        becomes: { layer: 'nniq.LinearReLU' },
      }),
    },
  },
  // Eight bits: half a step of 127.5, of some products each.
  { test: (name, run) => test(`integers: ${name}`, run), tolerance: 0.02, sharesParameters: false },
)
