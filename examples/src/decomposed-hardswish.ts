import { Add, Constant, Div, floatTensor, graphModule, Hardswish, Mul, print, ReLU6 } from '@nnfuse/ir'
import { any, literal, op, rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { fuse } from 'nnfuse'

const x = any('x')
const hardswish = definePlugin({
  name: '@acme/nnfuse-plugin-hardswish',
  rules: [
    rule(
      'hardswish',
      op(Div, op(Mul, x, op(ReLU6, op(Add, x, literal(3)))), literal(6)), // x * clip(x + 3, 0, 6) / 6
      () => Hardswish(),
    ),
  ],
})

const number = (value: number) => Constant(floatTensor([value], []))
const layers = { three: number(3), six: number(6), add: Add(), relu6: ReLU6(), mul: Mul(), div: Div() }
const decomposed = graphModule(layers, (m, x) => m.div(m.mul(m.relu6(m.add(m.three(), x)), x), m.six()))

console.log(print(fuse(decomposed, { plugins: [hardswish] }).model.root))
