import { graphModule, Mul, manualSeed, Sigmoid, SiLU, train } from '@nnfuse/ir'
import { testPlugin } from '@nnfuse/testing'
import { test } from 'vitest'
import { swiglu } from '../src/swiglu/plugin.js'

const nn = manualSeed(0)
const layers = { gate: nn.Linear(4, 6), up: nn.Linear(4, 6), silu: SiLU(), mul: Mul() }

testPlugin(
  swiglu(),
  {
    'mul-sigmoid': {
      fuses: [
        {
          model: graphModule({ sigmoid: Sigmoid(), mul: Mul() }, (m, x) => m.mul(m.sigmoid(x), x)),
          inputs: [[2, 4]],
        },
      ],
    },
    swiglu: {
      fuses: [
        {
          model: graphModule(layers, (m, x) => m.mul(m.up(x), m.silu(m.gate(x)))),
          inputs: [[2, 4]],
          prints: `
            nn.GraphModule (x) -> (mul)
              gate: acme.SwiGLU : mul <- x
                gate: nn.Linear(4 -> 6)
                up: nn.Linear(4 -> 6)
          `,
        },
      ],
      declines: [
        {
          model: graphModule({ ...layers, up: train(layers.up) }, (m, x) =>
            m.mul(m.silu(m.gate(x)), m.up(x)),
          ),
          reason: 'gate and up are not in the same mode',
        },
      ],
    },
  },
  { test },
)
