import {
  type AnyModule,
  findModule,
  Identity,
  Model,
  manualSeed,
  print,
  ReLU,
  registerForwardHook,
  registerForwardPreHook,
  Sequential,
  stateDict,
  train,
  walk,
} from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { describe, expect, test } from 'vitest'
import { fuseModules, fuseModulesQat } from '../src/index.js'
import { observe } from './observe.js'
import { computeTheSame, distance, inputOf, runOn, stepOn } from './run-on.js'

/*
 * What PyTorch's test/quantization/eager/test_fuse_eager.py asserts about fusing; what it asserts about observers
 * and quantized kernels afterwards has no counterpart here yet. Test names are ours, theirs stand in comments.
 */

const nn = manualSeed(0)

/** Convolution, batch-norm and ReLU at the top, two submodules with layers of their own. */
const network = (): AnyModule =>
  Sequential({
    conv1: nn.Conv2d(3, 2, 1),
    bn1: nn.BatchNorm2d(2),
    relu1: ReLU(),
    sub1: Sequential({ conv: nn.Conv2d(2, 2, 1), bn: nn.BatchNorm2d(2) }),
    sub2: Sequential({ conv: nn.Conv2d(2, 2, 1), relu: ReLU() }),
  })

const kindsOf = (model: Model, ...paths: readonly string[]): string[] =>
  paths.map((path) => findModule(model.root, path).kind)

// test_fuse_module_train
describe('a model in training mode, fused for training', () => {
  const model = new Model(train(network()))
  const first = fuseModulesQat(model, ['conv1', 'bn1', 'relu1'])
  const both = fuseModulesQat(first, ['sub1.conv', 'sub1.bn'])
  const paths = ['conv1', 'bn1', 'relu1', 'sub1.conv', 'sub1.bn', 'sub2.conv', 'sub2.relu']

  test('group after group, holds the listed layers together and leaves the others', () => {
    expect(kindsOf(both, ...paths)).toEqual([
      'nni.ConvBnReLU2d',
      'nn.Identity',
      'nn.Identity',
      'nni.ConvBn2d',
      'nn.Identity',
      'nn.Conv2d',
      'nn.ReLU',
    ])
  })

  test('all groups at once, gives the same', () => {
    const groups = [
      ['conv1', 'bn1', 'relu1'],
      ['sub1.conv', 'sub1.bn'],
    ]
    expect(print(fuseModulesQat(model, groups).root)).toBe(print(both.root))
  })

  test('takes the same training step', async () => {
    const shape = [3, 3, 2, 2]
    const [plain, fused] = [await stepOn(model.root, shape), await stepOn(both.root, shape)]
    expect(distance(plain.output, fused.output)).toBeLessThan(1e-6)
    const statistics = await observe(new Model(plain.model), new Map())
    const fusedStatistics = await observe(new Model(fused.model), new Map())
    expect(Object.values(fusedStatistics.state)).toEqual(Object.values(statistics.state))
  })
})

// test_fuse_module_eval
describe('a model in inference mode', () => {
  const layers = () =>
    Sequential({
      one: Sequential({ conv: nn.Conv1d(3, 2, 1), bn: nn.BatchNorm1d(2), relu: ReLU() }),
      two: Sequential({ conv: nn.Conv2d(3, 2, 1), bn: nn.BatchNorm2d(2), relu: ReLU() }),
      three: Sequential({ conv: nn.Conv3d(3, 2, 1), relu: ReLU() }),
      norm: Sequential({ bn: nn.BatchNorm3d(2), relu: ReLU() }),
      sub1: Sequential({ conv: nn.Conv2d(2, 2, 1), bn: nn.BatchNorm2d(2) }),
      sub2: Sequential({ conv: nn.Conv2d(2, 2, 1), relu: ReLU() }),
    })
  const groups = [
    ['one.conv', 'one.bn', 'one.relu'],
    ['two.conv', 'two.bn', 'two.relu'],
    ['three.conv', 'three.relu'],
    ['norm.bn', 'norm.relu'],
    ['sub1.conv', 'sub1.bn'],
  ]

  test('fuses five kinds of groups, and the fused modules hold what they should', () => {
    const fused = fuseModules(layers(), groups)
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.Sequential
        one: nn.Sequential
          conv: nni.ConvReLU1d
            0: nn.Conv1d(3 -> 2, 1)
            1: nn.ReLU
          bn: nn.Identity
          relu: nn.Identity
        two: nn.Sequential
          conv: nni.ConvReLU2d
            0: nn.Conv2d(3 -> 2, 1x1)
            1: nn.ReLU
          bn: nn.Identity
          relu: nn.Identity
        three: nn.Sequential
          conv: nni.ConvReLU3d
            0: nn.Conv3d(3 -> 2, 1x1x1)
            1: nn.ReLU
          relu: nn.Identity
        norm: nn.Sequential
          bn: nni.BNReLU3d
            0: nn.BatchNorm3d(2)
            1: nn.ReLU
          relu: nn.Identity
        sub1: nn.Sequential
          conv: nn.Conv2d(2 -> 2, 1x1)
          bn: nn.Identity
        sub2: nn.Sequential
          conv: nn.Conv2d(2 -> 2, 1x1)
          relu: nn.ReLU"
    `)
  })

  test('fuses them in any order', () => {
    const model = layers()
    const reversed = fuseModules(model, [...groups].reverse())
    expect(print(reversed.root)).toBe(print(fuseModules(model, groups).root))
  })
})

/** Digits all the way down, as in torchvision's MobileNet: features.0.0 is a convolution. */
const sequentialModel = (): AnyModule =>
  Sequential({
    features: Sequential([
      Sequential([nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), ReLU()]),
      Sequential([nn.Conv2d(4, 4, 1, { groups: 4, bias: false }), nn.BatchNorm2d(4)]),
    ]),
    classifier: Sequential([nn.Linear(2, 5), ReLU()]),
  })

const sequentialGroups = [
  ['features.0.0', 'features.0.1', 'features.0.2'],
  ['features.1.0', 'features.1.1'],
  ['classifier.0', 'classifier.1'],
]

describe('a model of nested sequences, fused in place by paths of digits', () => {
  const shape = [2, 3, 4, 4]
  const heads = [
    'features.0.0',
    'features.0.1',
    'features.0.2',
    'features.1.0',
    'features.1.1',
    'classifier.0',
  ]

  // test_fusion_sequential_model_train
  test('for training, computes the same', async () => {
    const model = new Model(train(sequentialModel()))
    const before = await runOn(model, shape)
    expect(fuseModulesQat(model, sequentialGroups, { inplace: true })).toBe(model)
    expect(kindsOf(model, ...heads)).toEqual([
      'nni.ConvBnReLU2d',
      'nn.Identity',
      'nn.Identity',
      'nni.ConvBn2d',
      'nn.Identity',
      'nni.LinearReLU',
    ])
    expect(distance(before, await runOn(model, shape))).toBeLessThan(1e-6)
  })

  // test_fusion_sequential_model_eval
  test('for inference, computes the same', async () => {
    const model = new Model(sequentialModel())
    const before = await runOn(model, shape)
    fuseModules(model, sequentialGroups, { inplace: true })
    expect(kindsOf(model, ...heads)).toEqual([
      'nni.ConvReLU2d',
      'nn.Identity',
      'nn.Identity',
      'nn.Conv2d',
      'nn.Identity',
      'nni.LinearReLU',
    ])
    expect(distance(before, await runOn(model, shape))).toBeLessThan(1e-5)
  })
})

// test_fusion_conv_with_bias
test('a convolution with a bias trains as before when held together with its batch-norm', async () => {
  const model = train(Sequential({ conv: nn.Conv2d(3, 4, 1), bn: nn.BatchNorm2d(4), relu: ReLU() }))
  const fused = fuseModulesQat(model, ['conv', 'bn', 'relu']).root
  const shape = [3, 3, 2, 2]
  const [plain, together] = [await stepOn(model, shape), await stepOn(fused, shape)]
  expect(distance(plain.output, together.output)).toBeLessThan(1e-6)
  for (const key of ['weight', 'bias', 'running_mean', 'running_var'])
    expect(stateDict(together.model).get(`conv.1.${key}`)).toEqual(stateDict(plain.model).get(`bn.${key}`))
})

/** Batch-norms have seen one batch, so that their statistics are no longer 0 and 1. */
const afterOneStep = async (model: AnyModule, shape: readonly number[]): Promise<AnyModule> =>
  train((await stepOn(train(model), shape)).model, false)

// test_fusion_linear_bn_eval
test('a linear layer with a batch-norm that has trained computes the same when fused', async () => {
  const model = await afterOneStep(Sequential({ fc: nn.Linear(6, 5), bn: nn.BatchNorm1d(5) }), [4, 6])
  const fused = fuseModules(model, ['fc', 'bn'])
  expect(kindsOf(fused, 'fc', 'bn')).toEqual(['nn.Linear', 'nn.Identity'])
  expect(await computeTheSame(model, fused, [3, 6])).toBe(true)
})

// test_fusion_convtranspose_bn_eval
test.each([
  ['1d', Sequential({ conv: nn.ConvTranspose1d(3, 4, 2), bn: nn.BatchNorm1d(4) }), [2, 3, 3]],
  ['2d', Sequential({ conv: nn.ConvTranspose2d(3, 4, 2), bn: nn.BatchNorm2d(4) }), [2, 3, 3, 3]],
  ['3d', Sequential({ conv: nn.ConvTranspose3d(3, 4, 2), bn: nn.BatchNorm3d(4) }), [2, 3, 2, 2, 2]],
])(
  'a transposed convolution with a batch-norm that has trained computes the same when fused, %s',
  async (axes, fresh, shape) => {
    const model = await afterOneStep(fresh, shape)
    const fused = fuseModules(model, ['conv', 'bn'])
    expect(kindsOf(fused, 'conv', 'bn')).toEqual([`nn.ConvTranspose${axes}`, 'nn.Identity'])
    expect(await computeTheSame(model, fused, shape)).toBe(true)
  },
)

// test_fuse_function_customization
test('a fuserFunc of the caller’s replaces a single layer', () => {
  const fused = fuseModules(network(), ['sub1.bn'], { fuserFunc: () => [Identity()] })
  expect(kindsOf(fused, 'sub1.conv', 'sub1.bn')).toEqual(['nn.Conv2d', 'nn.Identity'])
})

// test_forward_hooks_preserved
describe('hooks before the first layer and after the last', () => {
  const counted = () => {
    const model = new Model(train(network()))
    const seen: Record<'before' | 'after', string[]> = { before: [], after: [] }
    registerForwardPreHook(model, 'conv1', ({ kind }) => void seen.before.push(kind))
    registerForwardHook(model, 'relu1', ({ kind }) => void seen.after.push(kind))
    return { model, seen }
  }

  test('fire once a run before and after fusing, then with the fused module', async () => {
    const { model, seen } = counted()
    await run(model, [inputOf([2, 3, 1, 1])])
    expect(seen).toEqual({ before: ['nn.Conv2d'], after: ['nn.ReLU'] })
    fuseModulesQat(model, ['conv1', 'bn1', 'relu1'], { inplace: true })
    await run(model, [inputOf([2, 3, 1, 1])])
    expect(seen.before).toEqual(['nn.Conv2d', 'nni.ConvBnReLU2d'])
    expect(seen.after).toEqual(['nn.ReLU', 'nni.ConvBnReLU2d'])
  })

  test('are on the fused module alone', () => {
    const { model } = counted()
    const fused = fuseModulesQat(model, ['conv1', 'bn1', 'relu1'])
    const hooked = [...walk(fused.root)].filter(
      ({ module: { hooks } }) => hooks.forwardPre.length + hooks.forward.length > 0,
    )
    expect(hooked.map(({ path }) => path)).toEqual(['conv1'])
  })
})
