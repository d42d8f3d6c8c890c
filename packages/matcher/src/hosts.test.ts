import {
  type AnyModule,
  BatchNorm2d,
  Conv2d,
  ConvReLU2d,
  flatten,
  graphModule,
  manualSeed,
  print,
  ReLU,
  Sequential,
  Tanh,
  train,
} from '@nnfuse/ir'
import { expect, test } from 'vitest'
import { apply } from './apply.js'
import { plan } from './plan.js'
import { type Rule, rule } from './rule.js'

const nn = manualSeed(0)
const conv = () => nn.Conv2d(2, 2, 1)
const bn = () => nn.BatchNorm2d(2)
const convRelu = rule('conv-relu', [Conv2d, ReLU], (layer, relu) => ConvReLU2d(layer, relu))
const convBn = rule('conv-bn', [Conv2d, BatchNorm2d], (layer) => layer)

const printed = (model: AnyModule, ...rules: Rule[]) => print(apply(plan(flatten(model), rules)))

test('a pair of layers that is called twice becomes one layer that is called twice', () => {
  const trunk = Sequential({ conv: conv(), relu: ReLU() })
  const siamese = graphModule({ trunk }, (m, x, y) => [m.trunk(x), m.trunk(y)])
  expect(printed(siamese, convRelu)).toMatchInlineSnapshot(`
    "nn.GraphModule (x, x_1) -> (trunk.relu, trunk.relu_1)
      trunk.conv: nni.ConvReLU2d : trunk.relu <- x : trunk.relu_1 <- x_1
        0: nn.Conv2d(2 -> 2, 1x1)
        1: nn.ReLU"
  `)
})

test('a layer whose calls are followed by different ones is copied', () => {
  const model = graphModule({ conv: conv(), bn1: bn(), bn2: bn(), relu: ReLU() }, (m, x) => [
    m.bn1(m.conv(x)),
    m.bn2(m.conv(x)),
    m.relu(m.conv(x)),
  ])
  expect(printed(model, convBn, convRelu)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (bn1, bn2, relu)
      conv: nn.Conv2d(2 -> 2, 1x1) : bn1 <- x
      conv_1: nn.Conv2d(2 -> 2, 1x1) : bn2 <- x
      conv_2: nni.ConvReLU2d : relu <- x
        0: nn.Conv2d(2 -> 2, 1x1)
        1: nn.ReLU"
  `)
})

test('a layer that somebody calls as it is stays, and the fused one stands beside it', () => {
  const model = graphModule({ conv: conv(), conv_1: Tanh(), relu: ReLU() }, (m, x) =>
    m.conv(m.conv_1(m.relu(m.conv(x)))),
  )
  expect(printed(model, convRelu)).toMatchInlineSnapshot(`
    "nn.GraphModule (x) -> (conv_2)
      conv: nn.Conv2d(2 -> 2, 1x1) : conv_2 <- conv_1
      conv_2: nni.ConvReLU2d : relu <- x
        0: nn.Conv2d(2 -> 2, 1x1)
        1: nn.ReLU
      conv_1: nn.Tanh : conv_1 <- relu"
  `)
})

test('where the rewrite asks for types and they differ, there are two', () => {
  const byRank = rule('by-rank', [Conv2d, ReLU], (layer, relu, cx) =>
    cx.inputType(0).shape?.[0] === 1 ? layer : ConvReLU2d(layer, relu),
  )
  const typed = (shape: readonly number[]) => ({ dtype: 'float32', shape }) as const
  const model = graphModule(
    { conv: conv(), relu: ReLU() },
    (m, x, y) => [m.relu(m.conv(x)), m.relu(m.conv(y))],
    { inputs: { x: typed([1, 2, 3, 3]), y: typed([2, 2, 3, 3]) } },
  )
  expect(printed(model, byRank)).toMatchInlineSnapshot(`
    "nn.GraphModule (x, y) -> (relu, relu_1)
      conv: nn.Conv2d(2 -> 2, 1x1) : relu <- x
      conv_1: nni.ConvReLU2d : relu_1 <- y
        0: nn.Conv2d(2 -> 2, 1x1)
        1: nn.ReLU"
  `)
})

test('nothing is copied while it trains', () => {
  const model = graphModule({ conv: conv(), bn1: bn(), bn2: bn() }, (m, x) => [
    m.bn1(m.conv(x)),
    m.bn2(m.conv(x)),
  ])
  expect(plan(flatten(train(model)), [convBn]).declines.map(({ reason }) => reason)).toEqual([
    'conv is in training mode and called from several places',
    'conv is in training mode and called from several places',
  ])
})
