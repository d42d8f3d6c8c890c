import {
  Add,
  type AnyModule,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Cat,
  elementCount,
  type GraphModuleOf,
  graphModule,
  manualSeed,
  mapModules,
  print,
  ReLU,
  Sequential,
  stateEntries,
  withAttrs,
} from '@nnfuse/ir'
import { compareOutputs } from '@nnfuse/testing'
import { expect, test } from 'vitest'
import { type FuseResult, fuse } from '../src/index.js'
import { diceOf } from './random-graphs/dice.js'

/*
 * Whole networks of the shapes that tempt a matcher: layers that are called from several places, values that many read,
 * batch-norms on the wrong side.
 */

const nn = manualSeed(0)

/** Batch-norms as if they had been trained. */
const trained = (model: AnyModule): AnyModule => {
  const dice = diceOf(1)
  return mapModules(model, (module) => {
    if (!BatchNorm2d.is(module) && !BatchNorm1d.is(module)) return module
    const vector = (min: number, max: number) => dice.tensor([module.attrs.numFeatures], min, max)
    const [weight, bias] = [vector(-1.5, 1.5), vector(-1, 1)]
    return withAttrs(module, { weight, bias, runningMean: vector(-1, 1), runningVar: vector(0.3, 2) })
  })
}

const fuseAndCompare = async (
  model: AnyModule,
  ...inputs: readonly (readonly number[])[]
): Promise<FuseResult> => {
  const types = inputs.map((shape) => ({ dtype: 'float32' as const, shape }))
  const result = fuse(model, { inputs: types })
  expect(await compareOutputs(model, result.model.root, { inputs })).toBeUndefined()
  return result
}

const appliedIn = ({ report }: FuseResult): string[] =>
  report.applied.map(({ rule, paths, path }) => `${rule}: ${paths.join(', ')} -> ${path}`)

/** How many numbers training would change; a tensor that two modules share counts once. */
const parameterCount = (model: AnyModule): number => {
  const tensors = new Set(
    [...stateEntries(model)].filter(({ role }) => role === 'parameter').map(({ tensor }) => tensor),
  )
  return [...tensors].reduce((count, { shape }) => count + elementCount(shape), 0)
}

const callsOf = (root: AnyModule, path: string): number =>
  (root as GraphModuleOf).attrs.calls.filter(({ target }) => target === path).length

test('DenseNet: batch-norms before their convolutions stay, the one between two convolutions folds', async () => {
  const layer = (channels: number) =>
    Sequential({
      norm1: nn.BatchNorm2d(channels),
      relu1: ReLU(),
      conv1: nn.Conv2d(channels, 4, 1, { bias: false }),
      norm2: nn.BatchNorm2d(4),
      relu2: ReLU(),
      conv2: nn.Conv2d(4, 2, 3, { padding: 1, bias: false }),
    })
  const block = graphModule(
    {
      denselayer1: layer(4),
      denselayer2: layer(6),
      cat: Cat(),
      norm: nn.BatchNorm2d(8),
      relu: ReLU(),
      conv: nn.Conv2d(8, 4, 1),
      pool: AvgPool2d({ kernelSize: 2 }),
    },
    (m, x) => {
      const one = m.cat(x, m.denselayer1(x))
      const two = m.cat(one, m.denselayer2(one))
      return m.pool(m.conv(m.relu(m.norm(two))))
    },
  )
  const result = await fuseAndCompare(trained(block), [2, 4, 4, 4])
  expect(print(result.model.root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (pool)
      denselayer1.norm1: nni.BNReLU2d : denselayer1.relu1 <- x
        0: nn.BatchNorm2d(4)
        1: nn.ReLU
      denselayer1.conv1: nni.ConvReLU2d : denselayer1.relu2 <- denselayer1.relu1
        0: nn.Conv2d(4 -> 4, 1x1)
        1: nn.ReLU
      denselayer1.conv2: nn.Conv2d(4 -> 2, 3x3, padding 1, no bias) : denselayer1.conv2 <- denselayer1.relu2
      cat: nn.Cat(axis 1) : cat <- x, denselayer1.conv2 : cat_1 <- cat, denselayer2.conv2
      denselayer2.norm1: nni.BNReLU2d : denselayer2.relu1 <- cat
        0: nn.BatchNorm2d(6)
        1: nn.ReLU
      denselayer2.conv1: nni.ConvReLU2d : denselayer2.relu2 <- denselayer2.relu1
        0: nn.Conv2d(6 -> 4, 1x1)
        1: nn.ReLU
      denselayer2.conv2: nn.Conv2d(4 -> 2, 3x3, padding 1, no bias) : denselayer2.conv2 <- denselayer2.relu2
      norm: nni.BNReLU2d : relu <- cat_1
        0: nn.BatchNorm2d(8)
        1: nn.ReLU
      conv: nn.Conv2d(8 -> 4, 1x1) : conv <- relu
      pool: nn.AvgPool2d(2x2, stride 2x2) : pool <- conv"
  `)
  expect(result.report.left).toMatchInlineSnapshot(`
    [
      {
        "kind": "nn.BatchNorm2d",
        "path": "denselayer1.norm1",
        "reasons": [
          "it comes from "x", an input of the model",
          "nothing is moved past denselayer1.relu1 (nn.ReLU)",
        ],
      },
      {
        "kind": "nn.BatchNorm2d",
        "path": "denselayer2.norm1",
        "reasons": [
          "the output of cat is also used by cat",
          "nothing is moved past denselayer2.relu1 (nn.ReLU)",
        ],
      },
      {
        "kind": "nn.BatchNorm2d",
        "path": "norm",
        "reasons": [
          "the output of cat is also used by denselayer2.norm1",
          "nothing is moved past relu (nn.ReLU)",
        ],
      },
    ]
  `)
})

test('ResNet with one ReLU for everything: each call goes where it belongs, the others keep it', async () => {
  const block = (channels: number, out: number) => ({
    conv1: nn.Conv2d(channels, out, 3, { padding: 1, bias: false }),
    bn1: nn.BatchNorm2d(out),
    conv2: nn.Conv2d(out, out, 3, { padding: 1, bias: false }),
    bn2: nn.BatchNorm2d(out),
  })
  const model = graphModule(
    { ...block(3, 3), ...named('b', block(3, 3)), add: Add(), relu: ReLU() },
    (m, x) => {
      const first = m.relu(m.add(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x))))), x))
      return m.relu(m.add(m['b.bn2'](m['b.conv2'](m.relu(m['b.bn1'](m['b.conv1'](first))))), first))
    },
  )
  const result = await fuseAndCompare(trained(model), [2, 3, 4, 4])
  expect(print(result.model.root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (relu_3)
      conv1: nni.ConvReLU2d : relu <- x
        0: nn.Conv2d(3 -> 3, 3x3, padding 1)
        1: nn.ReLU
      conv2: nn.Conv2d(3 -> 3, 3x3, padding 1) : bn2 <- relu
      b.conv1: nni.ConvReLU2d : relu_2 <- relu_1
        0: nn.Conv2d(3 -> 3, 3x3, padding 1)
        1: nn.ReLU
      b.conv2: nn.Conv2d(3 -> 3, 3x3, padding 1) : b.bn2 <- relu_2
      add: nn.Add : add <- bn2, x : add_1 <- b.bn2, relu_1
      relu: nn.ReLU : relu_1 <- add : relu_3 <- add_1"
  `)
  expect(result.report.left).toEqual([])
})

/** The same layers under longer names. */
function named<P extends string, L extends Record<string, AnyModule>>(prefix: P, layers: L) {
  const entries = Object.entries(layers).map(([name, module]) => [`${prefix}.${name}`, module])
  return Object.fromEntries(entries) as { [K in keyof L & string as `${P}.${K}`]: L[K] }
}

test('a siamese network: its trunk is fused once and called twice, with one set of weights', async () => {
  const trunk = Sequential({
    conv1: nn.Conv2d(1, 4, 3, { bias: false }),
    bn1: nn.BatchNorm2d(4),
    relu1: ReLU(),
    conv2: nn.Conv2d(4, 2, 3),
    bn2: nn.BatchNorm2d(2),
  })
  const model = trained(
    graphModule({ trunk, distance: Add() }, (m, x, y) => m.distance(m.trunk(x), m.trunk(y))),
  )
  const result = await fuseAndCompare(model, [2, 1, 6, 6], [2, 1, 6, 6])
  const { root } = result.model
  expect(print(root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x, x_1) -> (distance)
      trunk.conv1: nni.ConvReLU2d : trunk.relu1 <- x : trunk.relu1_1 <- x_1
        0: nn.Conv2d(1 -> 4, 3x3)
        1: nn.ReLU
      trunk.conv2: nn.Conv2d(4 -> 2, 3x3) : trunk.bn2 <- trunk.relu1 : trunk.bn2_1 <- trunk.relu1_1
      distance: nn.Add : distance <- trunk.bn2, trunk.bn2_1"
  `)
  // 4 biases of the first convolution are new; 4 + 2 gammas and as many betas are gone.
  expect(parameterCount(root)).toBe(parameterCount(model) + 4 - 2 * (4 + 2))
  expect(appliedIn(result)).toEqual([
    'conv2d-bn-relu: trunk.conv1, trunk.bn1, trunk.relu1 -> trunk.conv1',
    'conv2d-bn-relu: trunk.conv1, trunk.bn1, trunk.relu1 -> trunk.conv1',
    'conv2d-bn: trunk.conv2, trunk.bn2 -> trunk.conv2',
    'conv2d-bn: trunk.conv2, trunk.bn2 -> trunk.conv2',
  ])
})

test('a detection head: convolutions that three levels share are copied, since each level has its batch-norm', async () => {
  const head = Object.fromEntries([0, 1, 2].map((level) => [`bn${level}`, nn.BatchNorm2d(4)])) as Record<
    'bn0' | 'bn1' | 'bn2',
    ReturnType<typeof nn.BatchNorm2d>
  >
  const layers = {
    conv: nn.Conv2d(4, 4, 3, { padding: 1 }),
    ...head,
    relu: ReLU(),
    predict: nn.Conv2d(4, 2, 1),
  }
  const model = trained(
    graphModule(layers, (m, x, y, z) => [
      m.predict(m.relu(m.bn0(m.conv(x)))),
      m.predict(m.relu(m.bn1(m.conv(y)))),
      m.predict(m.relu(m.bn2(m.conv(z)))),
    ]),
  )
  const result = await fuseAndCompare(model, [1, 4, 8, 8], [1, 4, 4, 4], [1, 4, 2, 2])
  const { root } = result.model
  expect(print(root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x, x_1, x_2) -> (predict, predict_1, predict_2)
      conv: nni.ConvReLU2d : relu <- x
        0: nn.Conv2d(4 -> 4, 3x3, padding 1)
        1: nn.ReLU
      conv_1: nni.ConvReLU2d : relu_1 <- x_1
        0: nn.Conv2d(4 -> 4, 3x3, padding 1)
        1: nn.ReLU
      conv_2: nni.ConvReLU2d : relu_2 <- x_2
        0: nn.Conv2d(4 -> 4, 3x3, padding 1)
        1: nn.ReLU
      predict: nn.Conv2d(4 -> 2, 1x1) : predict <- relu : predict_1 <- relu_1 : predict_2 <- relu_2"
  `)
  // Each level has a convolution of its own now, 4 * 4 * 9 + 4 numbers; 3 batch-norms of 2 * 4 are gone.
  expect(parameterCount(root)).toBe(parameterCount(model) + 2 * 148 - 3 * 8)
  expect(callsOf(root, 'predict')).toBe(3)
  expect(appliedIn(result)).toEqual([
    'conv2d-bn-relu: conv, bn0, relu -> conv',
    'conv2d-bn-relu: conv, bn1, relu -> conv_1',
    'conv2d-bn-relu: conv, bn2, relu -> conv_2',
  ])
})

test('an unrolled loop: five calls of one linear layer and its ReLU are five calls of one fused layer', async () => {
  const model = graphModule({ cat: Cat(), linear: nn.Linear(5, 3), relu: ReLU() }, (m, h, x) =>
    Array.from({ length: 5 }).reduce<typeof h>((state) => m.relu(m.linear(m.cat(state, x))), h),
  )
  const result = await fuseAndCompare(model, [2, 3], [2, 2])
  const { root } = result.model
  expect(print(root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x, x_1) -> (relu_4)
      cat: nn.Cat(axis 1) : cat <- x, x_1 : cat_1 <- relu, x_1 : cat_2 <- relu_1, x_1 : cat_3 <- relu_2, x_1 : cat_4 <- relu_3, x_1
      linear: nni.LinearReLU : relu <- cat : relu_1 <- cat_1 : relu_2 <- cat_2 : relu_3 <- cat_3 : relu_4 <- cat_4
        0: nn.Linear(5 -> 3)
        1: nn.ReLU"
  `)
  expect(parameterCount(root)).toBe(parameterCount(model))
  expect(callsOf(root, 'linear')).toBe(5)
  expect(new Set(appliedIn(result))).toEqual(new Set(['linear-relu: linear, relu -> linear']))
  expect(result.report.applied).toHaveLength(5)
})
