import { graphModule, Mul, manualSeed, print, ReLU } from '@nnfuse/ir'
import { definePlugin } from '@nnfuse/pass-manager'
import { defaultPlugins, fuse } from 'nnfuse'
import { mergeCalls } from './merge-calls/merge-calls.js'

const merging = definePlugin({ name: '@acme/nnfuse-plugin-merge-calls', passes: [mergeCalls] })

const model = graphModule(
  { fc: manualSeed(0).Linear(4, 4), relu1: ReLU(), relu2: ReLU(), mul: Mul() },
  (m, x) => {
    const y = m.fc(x)
    return m.mul(m.relu1(y), m.relu2(y))
  },
)

const { model: fused, report } = fuse(model, { plugins: [...defaultPlugins(), merging] })
for (const { rule, paths } of report.applied) console.log(`${rule}: ${paths.join(', ')}`)
console.log(print(fused.root))
