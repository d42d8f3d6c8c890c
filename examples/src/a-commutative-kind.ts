import { Constant, floatTensor, graphModule, type Kind, kind, LeakyReLU, Mul, print } from '@nnfuse/ir'
import { any, literal, op, rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'

/** The larger of two values, element by element. */
const Maximum: Kind<'acme.Maximum', Record<never, never>, []> = kind('acme.Maximum', {
  create: () => ({ attrs: {} }),
  forward: (ops, _module, a, b) => ops.add(ops.relu(ops.sub(a, b)), b),
  commutative: true,
})

const x = any('x')
const leaky = definePlugin({
  name: '@acme/nnfuse-plugin-leaky',
  kinds: [Maximum],
  rules: [
    rule('leaky-relu', op(Maximum, x, op(Mul, x, literal(0.1))), () => LeakyReLU({ negativeSlope: 0.1 })),
  ],
})

const layers = { slope: Constant(floatTensor([0.1], [])), mul: Mul(), max: Maximum() }
const model = graphModule(layers, (m, x) => m.max(m.mul(m.slope(), x), x))

console.log(print(fuse(model, { plugins: [leaky] }).model.root))
