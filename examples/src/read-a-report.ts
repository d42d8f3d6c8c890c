import { Dropout, manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { fuse } from 'nnfuse'

const nn = manualSeed(0)
const model = Sequential({
  input: nn.BatchNorm2d(3),
  conv1: nn.Conv2d(3, 8, 3),
  dropout: Dropout(),
  bn1: nn.BatchNorm2d(8),
  relu: ReLU(),
  conv2: nn.Conv2d(8, 8, 3),
  bn2: nn.BatchNorm2d(8, { trackRunningStats: false }),
})

const { report } = fuse(model)
const shown = { ...report, rules: report.rules.filter(({ tried }) => tried > 0) }
for (const [field, entries] of Object.entries(shown)) {
  console.log(`${field}:`)
  for (const entry of entries) console.log(`  ${JSON.stringify(entry)}`)
}
