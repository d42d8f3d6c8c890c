import { graphModule, Mul, manualSeed, print, Sigmoid } from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import { swiglu } from './swiglu/plugin.js'

const nn = manualSeed(0)
const feedForward = graphModule(
  {
    gate: nn.Linear(8, 24, { bias: false }),
    up: nn.Linear(8, 24, { bias: false }),
    down: nn.Linear(24, 8, { bias: false }),
    sigmoid: Sigmoid(),
    silu: Mul(),
    mul: Mul(),
  },
  (m, x) => {
    const gate = m.gate(x)
    return m.down(m.mul(m.up(x), m.silu(gate, m.sigmoid(gate))))
  },
)

const { model, report } = fuse(feedForward, { plugins: [swiglu()] })
for (const { rule, paths } of report.applied) console.log(`${rule}: ${paths.join(', ')}`)
console.log(print(model.root))
