import { Linear, Mul, Sigmoid, SiLU } from '@nnfuse/ir'
import { any, op, rule } from '@nnfuse/matcher'
import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { SwiGLU } from './swiglu.js'

const x = any('x')
const gated = op(SiLU, op(Linear, x).as('gate'))

/** The gated linear layers of language models, each as one layer. */
export const swiglu = (): Plugin =>
  definePlugin({
    name: '@acme/nnfuse-plugin-swiglu',
    kinds: [SwiGLU],
    rules: [
      rule('mul-sigmoid', op(Mul, x, op(Sigmoid, x)), () => SiLU()),
      rule('swiglu', op(Mul, gated, op(Linear, x).as('up')), ({ gate, up }) => SwiGLU(gate, up), {
        when: [
          ({ captures: { gate, up }, paths, decline }) =>
            gate.training === up.training || decline(`${paths[0]} and ${paths[2]} are not in the same mode`),
        ],
      }),
    ],
  })
