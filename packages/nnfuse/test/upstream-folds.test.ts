import {
  Add,
  type AnyModule,
  BatchNorm2d,
  type BatchNormAttrs,
  deferredTensor,
  floatTensor,
  GraphModule,
  graphModule,
  Model,
  manualSeed,
  mapModules,
  operandsOf,
  ReLU,
  Sequential,
  train,
  walk,
  withAttrs,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { fuse, fuseModules } from '../src/index.js'
import { goldenValue } from './golden-case.js'
import { computeTheSame } from './run-on.js'

/*
 * What PyTorch asserts about its batch-norm folds in test/test_nn.py, test/test_fx_experimental.py and
 * test/inductor/test_efficient_conv_bn_eval.py, on models of our own. Test names are ours, theirs stand in comments.
 * Bits are compared with torch's own in the golden tests; here models run before and after.
 */

const nn = manualSeed(0)

const isBatchNorm = (module: AnyModule): boolean => module.kind.startsWith('nn.BatchNorm')

const batchNorms = (root: AnyModule): string[] =>
  [...walk(root)].filter(({ module }) => isBatchNorm(module)).map(({ path }) => path)

/** Statistics as if the batch-norms had trained: mean and variance differ from channel to channel. */
const trained = (root: AnyModule): AnyModule =>
  mapModules(root, (module) => {
    if (!isBatchNorm(module)) return module
    const { numFeatures, runningMean } = module.attrs as BatchNormAttrs
    if (runningMean === null) return module
    const values = Array.from({ length: numFeatures }, (_, i) => goldenValue(7, i))
    return withAttrs(module as ReturnType<typeof BatchNorm2d>, {
      runningMean: floatTensor(values, [numFeatures]),
      runningVar: floatTensor(
        values.map((x) => x * x + 0.5),
        [numFeatures],
      ),
    })
  })

const pairs: Record<string, readonly [AnyModule, AnyModule, readonly number[]]> = {
  'Linear, bias': [nn.Linear(4, 6), nn.BatchNorm1d(6), [3, 4]],
  'Linear, no bias': [nn.Linear(4, 6, { bias: false }), nn.BatchNorm1d(6), [3, 4]],
  'Conv1d, bias': [nn.Conv1d(4, 6, 2), nn.BatchNorm1d(6), [2, 4, 5]],
  'Conv1d, no bias': [nn.Conv1d(4, 6, 2, { bias: false }), nn.BatchNorm1d(6), [2, 4, 5]],
  'Conv2d, bias': [nn.Conv2d(4, 6, 3, { padding: 1, stride: 2 }), nn.BatchNorm2d(6), [2, 4, 5, 5]],
  'Conv2d, no bias': [nn.Conv2d(4, 6, 3, { groups: 2, bias: false }), nn.BatchNorm2d(6), [2, 4, 5, 5]],
  'Conv3d, bias': [nn.Conv3d(2, 4, 2), nn.BatchNorm3d(4), [1, 2, 3, 3, 3]],
  'Conv3d, no bias': [nn.Conv3d(2, 4, 2, { bias: false }), nn.BatchNorm3d(4), [1, 2, 3, 3, 3]],
  'ConvTranspose1d, bias': [nn.ConvTranspose1d(4, 6, 2), nn.BatchNorm1d(6), [2, 4, 5]],
  'ConvTranspose1d, no bias': [nn.ConvTranspose1d(4, 6, 2, { bias: false }), nn.BatchNorm1d(6), [2, 4, 5]],
  'ConvTranspose2d, bias': [nn.ConvTranspose2d(4, 6, 2, { groups: 2 }), nn.BatchNorm2d(6), [2, 4, 3, 3]],
  'ConvTranspose2d, no bias': [
    nn.ConvTranspose2d(4, 6, 2, { stride: 2, bias: false }),
    nn.BatchNorm2d(6),
    [2, 4, 3, 3],
  ],
  'ConvTranspose3d, bias': [nn.ConvTranspose3d(2, 4, 2), nn.BatchNorm3d(4), [1, 2, 3, 3, 3]],
  'ConvTranspose3d, no bias': [
    nn.ConvTranspose3d(2, 4, 2, { bias: false }),
    nn.BatchNorm3d(4),
    [1, 2, 3, 3, 3],
  ],
}

// TestFusionEval.test_fuse_module_eval_numerics, TestEfficientConvBNEval.test_basic
test.each(Object.entries(pairs))('a fold computes what the two layers computed: %s', async (_, pair) => {
  const [layer, bn, shape] = pair
  const model = trained(Sequential([layer, bn]))
  const { model: fused, report } = fuse(model, { inputs: [{ dtype: 'float32', shape }] })
  expect(batchNorms(fused.root)).toEqual([])
  expect(report.applied).toHaveLength(1)
  expect(await computeTheSame(model, fused, shape)).toBe(true)
})

const basicBlock = (channels: number): AnyModule =>
  graphModule(
    {
      conv1: nn.Conv2d(channels, channels, 3, { padding: 1, bias: false }),
      bn1: nn.BatchNorm2d(channels),
      relu1: ReLU(),
      conv2: nn.Conv2d(channels, channels, 3, { padding: 1, bias: false }),
      bn2: nn.BatchNorm2d(channels),
      add: Add(),
      relu2: ReLU(),
    },
    (m, x) => m.relu2(m.add(m.bn2(m.conv2(m.relu1(m.bn1(m.conv1(x))))), x)),
  )

// test_conv_bn_fusion
test('a residual network keeps no batch-norm and computes the same', async () => {
  const stem = [nn.Conv2d(3, 4, 3, { stride: 2, bias: false }), nn.BatchNorm2d(4), ReLU()]
  const model = trained(Sequential([...stem, basicBlock(4), basicBlock(4)]))
  const { model: fused } = fuse(model)
  expect(batchNorms(model)).toHaveLength(5)
  expect(batchNorms(fused.root)).toEqual([])
  expect(await computeTheSame(model, fused, [1, 3, 9, 9])).toBe(true)
})

// test_conv_bn_fusion_not_running_state
test('a batch-norm without running statistics stays, is reported, and the rest is fused', async () => {
  const model = Sequential({
    conv1: nn.Conv2d(3, 4, 1),
    bn1: nn.BatchNorm2d(4, { trackRunningStats: false }),
    conv2: nn.Conv2d(4, 4, 1),
    bn2: nn.BatchNorm2d(4),
  })
  const { model: fused, report } = fuse(trained(model))
  expect(batchNorms(fused.root)).toEqual(['bn1'])
  expect(report.left.map(({ path, reasons }) => [path, ...reasons])).toEqual([
    ['bn1', "bn1 keeps no running statistics: it normalizes by each batch's own"],
  ])
  expect(await computeTheSame(trained(model), fused, [2, 3, 3, 3])).toBe(true)
})

// test_conv_bn_fusion_mixed_dtype
test('a bfloat16 convolution without bias takes up a float32 batch-norm and stays bfloat16', async () => {
  const conv = nn.Conv2d(3, 8, 3, { bias: false, dtype: 'bfloat16' })
  const model = trained(Sequential({ conv, bn: nn.BatchNorm2d(8) }))
  const { model: fused } = fuse(model)
  const { weight, bias } = (fused.root.children.get('conv') as typeof conv).attrs
  expect([batchNorms(fused.root), weight.dtype, bias?.dtype]).toEqual([[], 'bfloat16', 'bfloat16'])
  expect(await computeTheSame(model, fused, [1, 3, 5, 5], 2e-2)).toBe(true) // 8 bits of mantissa
})

// TestEfficientConvBNEval.test_basic: modules that are called more than once
describe('layers that are called more than once', () => {
  test('a convolution called twice is copied where a batch-norm follows, and stays where none does', async () => {
    const model = trained(
      graphModule({ conv: nn.Conv2d(3, 3, 1), bn: nn.BatchNorm2d(3) }, (m, x) => m.bn(m.conv(m.conv(x)))),
    )
    const { model: fused } = fuse(model)
    expect(batchNorms(fused.root)).toEqual([])
    expect([...fused.root.children.keys()]).toEqual(['conv', 'conv_1'])
    expect(fused.root.children.get('conv')).toBe(model.children.get('conv'))
    expect(await computeTheSame(model, fused, [2, 3, 2, 2])).toBe(true)
  })

  test('a batch-norm called twice folds into each convolution before it', async () => {
    const layers = { a: nn.Conv2d(3, 3, 1), b: nn.Conv2d(3, 3, 1, { bias: false }), bn: nn.BatchNorm2d(3) }
    const model = trained(graphModule(layers, (m, x) => m.bn(m.b(m.bn(m.a(x))))))
    const { model: fused } = fuse(model)
    expect(batchNorms(fused.root)).toEqual([])
    expect(await computeTheSame(model, fused, [2, 3, 2, 2])).toBe(true)
  })
})

// The tests of the precondition on linear layers (pull request 119264)
test.each([
  ['more', 8],
  ['one', 1],
])('a linear layer whose batch-norm has another number of features is left unfused: %s', (_, features) => {
  const { report } = fuse(Sequential({ fc: nn.Linear(4, 6), bn: nn.BatchNorm1d(features) }))
  expect(report.applied).toEqual([])
  expect(report.left[0]?.reasons).toEqual([`bn normalizes ${features} channels but is given 6`])
})

// TestFusionUtils.test_fuse_conv_bn_requires_grad and test_fuse_linear_bn_requires_grad
test('a folded weight is computed from the old one when it is read, and says nothing of training', () => {
  const conv = nn.Conv2d(3, 4, 1)
  const fused = fuseModules(Sequential({ conv, bn: nn.BatchNorm2d(4) }), ['conv', 'bn'])
  const { weight } = (fused.root.children.get('conv') as typeof conv).attrs
  expect(operandsOf(weight)[0]).toBe(conv.attrs.weight)
  expect(Object.keys(weight).sort()).toEqual(['dtype', 'shape', 'storage'])
})

test('a model in training mode is left as it is', () => {
  const model = train(Sequential([nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)]))
  expect(batchNorms(fuse(model).model.root)).toEqual(['1'])
  expect(GraphModule.is(fuse(new Model(model)).model.root)).toBe(true)
})

test('a batch-norm after a weight that is itself computed folds like any other', async () => {
  const conv = nn.Conv2d(3, 4, 1)
  const negated = deferredTensor('float32', conv.attrs.weight.shape, [conv.attrs.weight], (bytes) => {
    const values = new Float32Array(bytes.slice().buffer).map((x) => -x)
    return new Uint8Array(values.buffer)
  })
  const model = trained(
    Sequential([withAttrs(conv, { weight: negated }), BatchNorm2d(nn.BatchNorm2d(4).attrs)]),
  )
  expect(await computeTheSame(model, fuse(model).model, [1, 3, 2, 2])).toBe(true)
})
