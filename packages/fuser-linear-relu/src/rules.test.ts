import {
  type AnyModule,
  Flatten,
  flatten,
  manualSeed,
  print,
  ReLU,
  ReLU6,
  Sequential,
  train,
} from '@nnfuse/ir'
import { apply, plan } from '@nnfuse/matcher'
import { expect, test } from 'vitest'
import { linearRelu } from './index.js'
import { linearReluRules } from './rules.js'

const nn = manualSeed(0)

const layers: Record<string, AnyModule> = {
  'conv1d-relu': nn.Conv1d(2, 4, 3),
  'conv2d-relu': nn.Conv2d(2, 4, 3),
  'conv3d-relu': nn.Conv3d(2, 4, 3),
  'linear-relu': nn.Linear(2, 4),
  'bn2d-relu': nn.BatchNorm2d(4),
  'bn3d-relu': nn.BatchNorm3d(4),
}

test('every rule has a case here', () => {
  expect(linearReluRules.map(({ name }) => name)).toEqual(Object.keys(layers))
  expect(linearRelu().rules).toBe(linearReluRules)
})

test.each(Object.entries(layers))(
  '%s applies once, in training mode too, and keeps the layers it is made of',
  (name, layer) => {
    for (const model of [Sequential([layer, ReLU()]), train(Sequential([layer, ReLU()]))]) {
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

test('ReLU6 is no ReLU, and one-dimensional batch-norm has no such row', () => {
  const model = flatten(Sequential([nn.Conv2d(2, 4, 3), ReLU6(), nn.BatchNorm1d(4), ReLU()]))
  expect(plan(model, linearReluRules).applications).toEqual([])
})
