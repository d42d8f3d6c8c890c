import { manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { explainer } from 'nnfuse'

const nn = manualSeed(0)
const model = Sequential({ conv: nn.Conv2d(3, 8, 3), relu: ReLU(), bn: nn.BatchNorm2d(8) })

const explain = explainer(model) // fuses once, for as many layers as you like
for (const path of ['relu', 'bn']) {
  const { outcome, takenBy, near } = explain(path)
  console.log(`${path} is ${outcome}`)
  for (const taken of takenBy) console.log(`  taken by: ${JSON.stringify(taken)}`)
  for (const rule of near.slice(0, 4)) console.log(`  near: ${JSON.stringify(rule)}`)
}
