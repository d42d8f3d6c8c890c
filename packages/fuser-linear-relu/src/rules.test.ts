import {
  type AnyModule,
  Flatten,
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
  Tanh,
  train,
} from '@nnfuse/ir'
import { apply, plan } from '@nnfuse/matcher'
import { expect, test } from 'vitest'
import { linearRelu } from './index.js'
import { linearReluRules } from './rules.js'

const nn = manualSeed(0)

const layers: Record<string, readonly [layer: AnyModule, activation: AnyModule]> = {
  'conv1d-relu': [nn.Conv1d(2, 4, 3), ReLU()],
  'conv2d-relu': [nn.Conv2d(2, 4, 3), ReLU()],
  'conv3d-relu': [nn.Conv3d(2, 4, 3), ReLU()],
  'linear-relu': [nn.Linear(2, 4), ReLU()],
  'bn2d-relu': [nn.BatchNorm2d(4), ReLU()],
  'bn3d-relu': [nn.BatchNorm3d(4), ReLU()],
  'bn1d-relu': [nn.BatchNorm1d(4), ReLU()],
  'conv-transpose1d-relu': [nn.ConvTranspose1d(2, 4, 3), ReLU()],
  'conv-transpose2d-relu': [nn.ConvTranspose2d(2, 4, 3), ReLU()],
  'conv-transpose3d-relu': [nn.ConvTranspose3d(2, 4, 3), ReLU()],
  'conv1d-activation': [nn.Conv1d(2, 4, 3), Sigmoid()],
  'conv2d-activation': [nn.Conv2d(2, 4, 3), SiLU()],
  'conv3d-activation': [nn.Conv3d(2, 4, 3), LeakyReLU()],
  'conv-transpose1d-activation': [nn.ConvTranspose1d(2, 4, 3), Tanh()],
  'conv-transpose2d-activation': [nn.ConvTranspose2d(2, 4, 3), ReLU6()],
  'conv-transpose3d-activation': [nn.ConvTranspose3d(2, 4, 3), Hardswish()],
  'linear-activation': [nn.Linear(2, 4), GELU()],
  'bn1d-activation': [nn.BatchNorm1d(4), Tanh()],
  'bn2d-activation': [nn.BatchNorm2d(4), SiLU()],
  'bn3d-activation': [nn.BatchNorm3d(4), GELU()],
}

test('every rule has a case here', () => {
  expect(linearReluRules.map(({ name }) => name)).toEqual(Object.keys(layers))
  expect(linearRelu().rules).toBe(linearReluRules)
})

test.each(Object.entries(layers))(
  '%s applies once, in training mode too, and keeps the layers it is made of',
  (name, chain) => {
    for (const model of [Sequential(chain), train(Sequential(chain))]) {
      const graph = flatten(model)
      const planned = plan(graph, linearReluRules)
      expect(planned.applications.map(({ rule }) => rule)).toEqual([name])
      const fused = apply(planned).children.get('0') as AnyModule
      expect([...fused.children.values()]).toEqual([...graph.children.values()])
      expect(fused.training).toBe(graph.children.get('0')?.training)
    }
  },
)

test('the fused layer is named as torch names it', () => {
  const planned = plan(
    flatten(Sequential([nn.Conv2d(2, 4, 3), ReLU(), Flatten(), nn.Linear(4, 2), ReLU()])),
    linearReluRules,
  )
  expect(print(apply(planned))).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (4)
      0: nni.ConvReLU2d : 1 <- x
        0: nn.Conv2d(2 -> 4, 3x3)
        1: nn.ReLU
      2: nn.Flatten : 2 <- 1
      3: nni.LinearReLU : 4 <- 2
        0: nn.Linear(4 -> 2)
        1: nn.ReLU"
  `)
})

test('pairs that torch has no class for are named by its scheme', () => {
  const model = flatten(
    Sequential([nn.Conv2d(2, 4, 3), SiLU(), nn.Linear(4, 4), GELU(), nn.BatchNorm1d(4), ReLU()]),
  )
  const kinds = plan(model, linearReluRules).applications.map(({ replacement }) => replacement.kind)
  expect(new Set(kinds)).toEqual(new Set(['nni.ConvSiLU2d', 'nni.LinearGELU', 'nni.BNReLU1d']))
})
