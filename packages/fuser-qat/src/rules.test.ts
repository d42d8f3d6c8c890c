import {
  type AnyModule,
  flatten,
  GELU,
  Hardswish,
  LeakyReLU,
  manualSeed,
  print,
  ReLU,
  ReLU6,
  Sequential,
  Sigmoid,
  SiLU,
  stateDict,
  Tanh,
  train,
} from '@nnfuse/ir'
import { apply, plan } from '@nnfuse/matcher'
import { describe, expect, test } from 'vitest'
import { qat } from './index.js'
import { qatRules } from './rules.js'

const nn = manualSeed(0)

const layers: Record<string, readonly AnyModule[]> = {
  'qat-conv1d-bn': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4)],
  'qat-conv2d-bn': [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)],
  'qat-conv3d-bn': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4)],
  'qat-conv1d-bn-relu': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), ReLU()],
  'qat-conv2d-bn-relu': [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), ReLU()],
  'qat-conv3d-bn-relu': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), ReLU()],
  'qat-linear-bn': [nn.Linear(2, 4), nn.BatchNorm1d(4)],
  'qat-linear-bn-relu': [nn.Linear(2, 4), nn.BatchNorm1d(4), ReLU()],
  'qat-conv-transpose1d-bn': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4)],
  'qat-conv-transpose2d-bn': [nn.ConvTranspose2d(2, 4, 3, { groups: 2 }), nn.BatchNorm2d(4)],
  'qat-conv-transpose3d-bn': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4)],
  'qat-conv-transpose1d-bn-relu': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4), ReLU()],
  'qat-conv-transpose2d-bn-relu': [nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4), ReLU()],
  'qat-conv-transpose3d-bn-relu': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4), ReLU()],
  'qat-conv1d-bn-activation': [nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), SiLU()],
  'qat-conv2d-bn-activation': [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), ReLU6()],
  'qat-conv3d-bn-activation': [nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), Tanh()],
  'qat-conv-transpose1d-bn-activation': [nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d(4), Sigmoid()],
  'qat-conv-transpose2d-bn-activation': [nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4), LeakyReLU()],
  'qat-conv-transpose3d-bn-activation': [nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d(4), Hardswish()],
  'qat-linear-bn-activation': [nn.Linear(2, 4), nn.BatchNorm1d(4), GELU()],
}

const reasonOf = (...chain: readonly AnyModule[]): string | undefined => {
  const { applications, declines } = plan(flatten(Sequential(chain)), qatRules)
  expect(applications).toEqual([])
  return declines[0]?.reason
}

test('every rule has a case here', () => {
  expect(qatRules.map(({ name }) => name)).toEqual(Object.keys(layers))
  expect(qat().rules).toBe(qatRules)
})

test.each(Object.entries(layers))(
  '%s applies in training and in inference mode, and changes no weight',
  (name, chain) => {
    for (const model of [Sequential(chain), train(Sequential(chain))]) {
      const graph = flatten(model)
      const planned = plan(graph, qatRules)
      expect(planned.applications.map(({ rule }) => rule)).toEqual([name])
      const fused = apply(planned)
      expect([...stateDict(fused).values()]).toEqual([...stateDict(graph).values()])
      expect(fused.children.get('0')?.training).toBe(model.training)
    }
  },
)

test('the fused layer is named as torch names it', () => {
  const planned = plan(flatten(Sequential(layers['qat-conv2d-bn-relu'] as AnyModule[])), qatRules)
  expect(print(apply(planned))).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (2)
      0: nni.ConvBnReLU2d : 2 <- x
        0: nn.Conv2d(2 -> 4, 3x3)
        1: nn.BatchNorm2d(4)
        2: nn.ReLU"
  `)
})

describe('declines', () => {
  const conv = nn.Conv2d(2, 4, 1)

  test('layers in different modes', () => {
    expect(reasonOf(conv, train(nn.BatchNorm2d(4)))).toBe(
      '0 and 1 must both be in training mode or both in inference mode',
    )
  })

  test('channels that do not agree', () => {
    expect(reasonOf(conv, nn.BatchNorm2d(2))).toBe('1 normalizes 2 channels but is given 4')
    expect(reasonOf(nn.Linear(2, 3), nn.BatchNorm1d(2))).toBe('1 normalizes 2 channels but is given 3')
  })

  test('a batch-norm that is not affine, or keeps no running statistics', () => {
    expect(reasonOf(conv, nn.BatchNorm2d(4, { affine: false }))).toBe('1 is not affine')
    expect(reasonOf(conv, nn.BatchNorm2d(4, { trackRunningStats: false }))).toBe(
      '1 keeps no running statistics',
    )
  })
})
