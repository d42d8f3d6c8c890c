import { graphModule, Mul, ReLU, Sigmoid, SiLU } from '@nnfuse/ir'
import { any, op, rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { generate, testPlugin } from '@nnfuse/testing'
import { test } from 'vitest' // or from 'node:test'

const x = any('x')
const gates = definePlugin({
  name: '@acme/nnfuse-plugin-gates',
  rules: [rule('gate', op(Mul, x, op(Sigmoid, x)), () => SiLU())],
})

/** Models in which a value of any shape is multiplied by its sigmoid, on the left or on the right. */
const arbitraryGate = generate((random) => {
  const shape = [random.integer(1, 3), random.integer(1, 3)]
  const [onTheLeft, before] = [random.boolean(), random.oneOf(ReLU(), SiLU())]
  const model = graphModule({ before, sigmoid: Sigmoid(), mul: Mul() }, (m, input) => {
    const value = m.before(input)
    return onTheLeft ? m.mul(m.sigmoid(value), value) : m.mul(value, m.sigmoid(value))
  })
  return { model, inputs: [shape] }
})

testPlugin(gates, { gate: { fuses: [arbitraryGate] } }, { test })
