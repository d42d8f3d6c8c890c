import { convBn } from '@nnfuse/fuser-conv-bn'
import {
  type AnyModule,
  Flatten,
  graphModule,
  hook,
  Mul,
  Reshape,
  Sequential,
  stateInputs,
  train,
  withHooks,
} from '@nnfuse/ir'
import { createPassManager, type Plugin } from '@nnfuse/pass-manager'
import { compareOutputs } from '@nnfuse/testing'
import { describe, expect, test } from 'vitest'
import { bn1d, bn2d, constant, fuseAffine, image, kindsOf, nn } from '../test/affine-case.js'
import { affine } from './index.js'

describe('what the engine asks of rules holds here, too', () => {
  test('nothing is taken up in training mode', () => {
    const model = train(Sequential([nn.Conv2d(3, 4, 1), Reshape({ shape: ['copy', 4, -1] }), bn1d(4)]))
    expect(fuseAffine(model, [image]).report.applied).toEqual([])
  })

  test('hooks never see other values', () => {
    const watched = { forwardPre: [], forward: [hook(() => undefined)] }
    const layers = [nn.Conv2d(3, 4, 1), Reshape({ shape: ['copy', 4, -1] }), bn1d(4)]
    for (const i of layers.keys()) {
      const model = Sequential(
        layers.map((layer, at) => (at === i ? withHooks(layer as AnyModule, watched) : layer)),
      )
      const { report } = fuseAffine(model, [image])
      expect(report.applied).toEqual([])
      expect(report.declined[0]?.reason).toMatch('its hooks would see other values')
    }
  })

  test('unknown shapes prove nothing', () => {
    const model = Sequential({
      linear: nn.Linear(3, 4),
      flat: Flatten({ startAxis: 0, endAxis: 1 }),
      bn: bn1d(4),
    })
    const { report } = createPassManager({ plugins: [affine()] }).run(model)
    expect(report.applied).toEqual([])
  })

  test('symbols do, where sizes are not known', () => {
    const model = Sequential({
      linear: nn.Linear(3, 4),
      flat: Flatten({ startAxis: 0, endAxis: 1 }),
      bn: bn1d(4),
    })
    const stated = stateInputs(model, [{ dtype: 'float32', shape: ['batch', null, 3] }])
    const { report } = createPassManager({ plugins: [affine()] }).run(stated)
    expect(report.applied.map(({ rule, paths }) => [rule, ...paths])).toEqual([
      ['affine-back', 'linear', 'bn'],
    ])
  })

  test('a batch-norm that others call stays for them', async () => {
    const model = graphModule(
      { conv: nn.Conv2d(3, 4, 1), r: Reshape({ shape: ['copy', 4, -1] }), bn: bn1d(4) },
      (m, x, y) => [m.bn(m.r(m.conv(x))), m.bn(y)],
    )
    const inputs = [image, [2, 4, 3]]
    const { stated, fused } = fuseAffine(model, inputs)
    expect(kindsOf(fused)).toEqual(['Conv2d', 'Reshape', 'BatchNorm1d'])
    expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
  })

  test('a constant that others use stays for them', async () => {
    const model = graphModule(
      { conv: nn.Conv2d(3, 4, 1), c: constant(4, 1, 1), mul: Mul(), other: Mul() },
      (m, x, y) => {
        const c = m.c()
        return [m.mul(m.conv(x), c), m.other(y, c)]
      },
    )
    const inputs = [image, [2, 4, 3, 3]]
    const { stated, fused } = fuseAffine(model, inputs)
    expect(kindsOf(fused)).toEqual(['Constant', 'Conv2d', 'Mul'])
    expect(await compareOutputs(stated, fused, { inputs })).toBeUndefined()
  })

  test('what a rule folds next to each other is left to the rule', () => {
    const model = Sequential({ conv: nn.Conv2d(3, 4, 1), bn: bn2d(4) })
    const applied = (...plugins: Plugin[]) =>
      createPassManager({ plugins })
        .run(model)
        .report.applied.map(({ rule }) => rule)
    expect(applied(affine())).toEqual(['affine-back'])
    expect(applied(affine(), convBn())).toEqual(['conv2d-bn'])
  })
})
