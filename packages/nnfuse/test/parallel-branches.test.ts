import { convBn } from '@nnfuse/fuser-conv-bn'
import { linearRelu } from '@nnfuse/fuser-linear-relu'
import { reparam } from '@nnfuse/fuser-reparam'
import {
  AdaptiveAvgPool2d,
  Add,
  type AnyModule,
  BatchNorm2d,
  type BatchNormAttrs,
  Flatten,
  floatTensor,
  graphModule,
  manualSeed,
  mapModules,
  print,
  ReLU,
  Sequential,
  train,
  withAttrs,
} from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { fuse } from '../src/index.js'
import { goldenValue } from './golden-case.js'
import { computeTheSame } from './run-on.js'

/*
 * Networks that train with parallel branches, as their authors build them, become plain convolutions.
 */

const nn = manualSeed(0)

/** Statistics as if the batch-norms had trained. */
const trained = (root: AnyModule): AnyModule =>
  mapModules(root, (module) => {
    if (!BatchNorm2d.is(module)) return module
    const { numFeatures } = module.attrs as BatchNormAttrs
    const values = Array.from({ length: numFeatures }, (_, i) => goldenValue(7 + numFeatures, i))
    const vector = (of: (x: number) => number) => floatTensor(values.map(of), [numFeatures])
    return withAttrs(module, {
      weight: vector((x) => x + 1.25),
      bias: vector((x) => -x / 2),
      runningMean: vector((x) => x),
      runningVar: vector((x) => x * x + 0.5),
    })
  })

interface Geometry {
  readonly stride?: number
  readonly groups?: number
}

const normed = (
  inputs: number,
  outputs: number,
  kernel: number | readonly number[],
  geometry: Geometry = {},
) =>
  Sequential({
    conv: nn.Conv2d(inputs, outputs, kernel, {
      padding:
        [kernel].flat().length === 2
          ? (kernel as readonly number[]).map((k) => (k - 1) / 2)
          : ((kernel as number) - 1) / 2,
      bias: false,
      ...geometry,
    }),
    bn: nn.BatchNorm2d(outputs),
  })

/** RepVGG: 3x3, 1x1 and, where the shape stays, batch-norm alone. */
const repVggBlock = (inputs: number, outputs: number, geometry: Geometry = {}): AnyModule => {
  const children = {
    rbr_dense: normed(inputs, outputs, 3, geometry),
    rbr_1x1: normed(inputs, outputs, 1, geometry),
    add: Add(),
    nonlinearity: ReLU(),
  }
  if (inputs !== outputs || geometry.stride === 2)
    return graphModule(children, (m, x) => m.nonlinearity(m.add(m.rbr_dense(x), m.rbr_1x1(x))))
  return graphModule({ rbr_identity: nn.BatchNorm2d(inputs), add_1: Add(), ...children }, (m, x) =>
    m.nonlinearity(m.add_1(m.add(m.rbr_dense(x), m.rbr_1x1(x)), m.rbr_identity(x))),
  )
}

const repVgg = (): AnyModule =>
  trained(
    Sequential({
      stage0: repVggBlock(3, 8, { stride: 2 }),
      stage1: Sequential([
        repVggBlock(8, 8),
        repVggBlock(8, 16, { stride: 2, groups: 2 }),
        repVggBlock(16, 16, { groups: 4 }),
      ]),
      gap: AdaptiveAvgPool2d({ outputSize: 1 }),
      flat: Flatten(),
      linear: nn.Linear(16, 5),
    }),
  )

/** MobileOne: a 1x1 scale branch, batch-norm alone, and several of the same kernel. */
const mobileOneBlock = (
  inputs: number,
  outputs: number,
  kernel: number,
  geometry: Geometry = {},
): AnyModule => {
  const hasIdentity = inputs === outputs && geometry.stride !== 2
  const branches = {
    rbr_scale: normed(inputs, outputs, 1, geometry),
    conv0: normed(inputs, outputs, kernel, geometry),
    conv1: normed(inputs, outputs, kernel, geometry),
    conv2: normed(inputs, outputs, kernel, geometry),
    conv3: normed(inputs, outputs, kernel, geometry),
    add: Add(),
    add_1: Add(),
    add_2: Add(),
    add_3: Add(),
    act: ReLU(),
  }
  if (!hasIdentity) {
    return graphModule(branches, (m, x) =>
      m.act(m.add_3(m.conv3(x), m.add_2(m.conv2(x), m.add_1(m.conv1(x), m.add(m.conv0(x), m.rbr_scale(x)))))),
    )
  }
  return graphModule({ rbr_skip: nn.BatchNorm2d(inputs), add_4: Add(), ...branches }, (m, x) => {
    let out = m.add(m.rbr_scale(x), m.rbr_skip(x))
    out = m.add_1(out, m.conv0(x))
    out = m.add_2(out, m.conv1(x))
    out = m.add_3(out, m.conv2(x))
    return m.act(m.add_4(out, m.conv3(x)))
  })
}

const mobileOne = (): AnyModule =>
  trained(
    Sequential({
      stem: mobileOneBlock(3, 8, 3, { stride: 2 }),
      depthwise: mobileOneBlock(8, 8, 3, { groups: 8 }),
      pointwise: mobileOneBlock(8, 12, 1),
      strided: mobileOneBlock(12, 12, 3, { groups: 12, stride: 2 }),
    }),
  )

/** ACNet: a square kernel and its two skeletons. */
const acBlock = (inputs: number, outputs: number): AnyModule =>
  trained(
    graphModule(
      {
        square: normed(inputs, outputs, 3),
        ver: normed(inputs, outputs, [3, 1]),
        hor: normed(inputs, outputs, [1, 3]),
        add: Add(),
        add_1: Add(),
        relu: ReLU(),
      },
      (m, x) => m.relu(m.add(m.square(x), m.add_1(m.ver(x), m.hor(x)))),
    ),
  )

/** RepLKNet: a large depthwise kernel and a small one. UniRepLKNet adds dilated ones. */
const largeKernel = (): AnyModule =>
  trained(
    graphModule(
      {
        large: normed(4, 4, 7, { groups: 4 }),
        small: normed(4, 4, 3, { groups: 4 }),
        dilated: Sequential({
          conv: nn.Conv2d(4, 4, 3, { padding: 3, dilation: 3, groups: 4, bias: false }),
          bn: nn.BatchNorm2d(4),
        }),
        add: Add(),
        add_1: Add(),
      },
      (m, x) => m.add_1(m.add(m.large(x), m.small(x)), m.dilated(x)),
    ),
  )

describe('becomes plain convolutions', () => {
  test('RepVGG', async () => {
    const model = repVgg()
    const { model: fused, report } = fuse(model)
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (linear)
        stage0.rbr_dense.conv: nni.ConvReLU2d : stage0.nonlinearity <- x
          0: nn.Conv2d(3 -> 8, 3x3, stride 2, padding 1)
          1: nn.ReLU
        stage1.0.rbr_dense.conv: nni.ConvReLU2d : stage1.0.nonlinearity <- stage0.nonlinearity
          0: nn.Conv2d(8 -> 8, 3x3, padding 1)
          1: nn.ReLU
        stage1.1.rbr_dense.conv: nni.ConvReLU2d : stage1.1.nonlinearity <- stage1.0.nonlinearity
          0: nn.Conv2d(8 -> 16, 3x3, stride 2, padding 1, groups 2)
          1: nn.ReLU
        stage1.2.rbr_dense.conv: nni.ConvReLU2d : stage1.2.nonlinearity <- stage1.1.nonlinearity
          0: nn.Conv2d(16 -> 16, 3x3, padding 1, groups 4)
          1: nn.ReLU
        gap: nn.AdaptiveAvgPool2d(1x1) : gap <- stage1.2.nonlinearity
        flat: nn.Flatten : flat <- gap
        linear: nn.Linear(16 -> 5) : linear <- flat"
    `)
    expect(report.left).toEqual([])
    expect(await computeTheSame(model, fused, [2, 3, 17, 17])).toBe(true)
  })

  test('MobileOne', async () => {
    const model = mobileOne()
    const { model: fused, report } = fuse(model)
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (strided.act)
        stem.conv0.conv: nni.ConvReLU2d : stem.act <- x
          0: nn.Conv2d(3 -> 8, 3x3, stride 2, padding 1)
          1: nn.ReLU
        depthwise.rbr_scale.conv: nni.ConvReLU2d : depthwise.act <- stem.act
          0: nn.Conv2d(8 -> 8, 3x3, padding 1, groups 8)
          1: nn.ReLU
        pointwise.conv0.conv: nni.ConvReLU2d : pointwise.act <- depthwise.act
          0: nn.Conv2d(8 -> 12, 1x1)
          1: nn.ReLU
        strided.conv0.conv: nni.ConvReLU2d : strided.act <- pointwise.act
          0: nn.Conv2d(12 -> 12, 3x3, stride 2, padding 1, groups 12)
          1: nn.ReLU"
    `)
    expect(report.left).toEqual([])
    expect(await computeTheSame(model, fused, [1, 3, 16, 16])).toBe(true)
  })

  test('ACNet', async () => {
    const model = acBlock(3, 6)
    const { model: fused } = fuse(model)
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (relu)
        ver.conv: nni.ConvReLU2d : relu <- x
          0: nn.Conv2d(3 -> 6, 3x3, padding 1)
          1: nn.ReLU"
    `)
    expect(await computeTheSame(model, fused, [1, 3, 9, 9])).toBe(true)
  })

  test('RepLKNet, with dilated kernels as UniRepLKNet has them', async () => {
    const model = largeKernel()
    const { model: fused } = fuse(model)
    expect(print(fused.root)).toMatchInlineSnapshot(`
      "nn.GraphModule (x) -> (add_1)
        large.conv: nn.Conv2d(4 -> 4, 7x7, padding 3, groups 4) : add_1 <- x"
    `)
    expect(await computeTheSame(model, fused, [1, 4, 11, 11])).toBe(true)
  })
})

test('a branch that cannot be merged is told, with the reason', () => {
  const model = graphModule(
    { conv: nn.Conv2d(4, 4, 1), bn: nn.BatchNorm2d(4, { trackRunningStats: false }), add: Add() },
    (m, x) => m.add(m.conv(x), m.bn(x)),
  )
  expect(fuse(model).report.left).toEqual([
    {
      path: 'bn',
      kind: BatchNorm2d.kind,
      reasons: [
        "bn (nn.BatchNorm2d): it normalizes by each batch's own statistics",
        "bn keeps no running statistics: it normalizes by each batch's own",
      ],
    },
  ])
})

test('a kernel of 1 after a convolution is merged where the caller asks for it', async () => {
  const model = Sequential([
    nn.Conv2d(3, 8, 3),
    nn.BatchNorm2d(8),
    nn.Conv2d(8, 4, 1),
    nn.BatchNorm2d(4),
    ReLU(),
  ])
  expect(fuse(model).report.applied.map(({ rule }) => rule)).toEqual(['conv2d-bn-relu', 'conv2d-bn'])
  const plugins = [convBn(), linearRelu(), reparam({ mergePointwise: true })]
  const { model: fused } = fuse(model, { plugins })
  expect(print(fused.root)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (4)
      0: nni.ConvReLU2d : 4 <- x
        0: nn.Conv2d(3 -> 4, 3x3)
        1: nn.ReLU"
  `)
  expect(await computeTheSame(model, fused, [1, 3, 6, 6])).toBe(true)
})

test('nothing is merged while it trains', () => {
  const { report } = fuse(train(repVgg()))
  expect(report.applied.filter(({ rule }) => rule.startsWith('conv-branch'))).toEqual([])
})
