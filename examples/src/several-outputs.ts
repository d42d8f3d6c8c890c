import { graphModule, manualSeed, print, ReLU, Sigmoid, Tanh } from '@nnfuse/ir'
import { any, op, outputs, rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'

// Two heads that both begin with a ReLU of the same value share one.
const x = any('x')
const shareRelu = rule(
  'share-relu',
  outputs(op(Sigmoid, op(ReLU, x).as('relu')).as('a'), op(Tanh, op(ReLU, x)).as('b')),
  ({ relu, a, b }) =>
    graphModule({ relu, a, b }, (m, x) => {
      const y = m.relu(x)
      return [m.a(y), m.b(y)]
    }),
)

const layers = {
  fc: manualSeed(0).Linear(4, 4),
  relu1: ReLU(),
  relu2: ReLU(),
  gate: Sigmoid(),
  value: Tanh(),
}
const model = graphModule(layers, (m, x) => {
  const y = m.fc(x)
  return [m.gate(m.relu1(y)), m.value(m.relu2(y))]
})

const plugin = definePlugin({ name: '@acme/nnfuse-plugin-heads', rules: [shareRelu] })
console.log(print(fuse(model, { plugins: [plugin] }).model.root))
