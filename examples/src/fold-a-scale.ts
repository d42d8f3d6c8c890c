import { floatTensor, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { defaultPlugins, fuse } from 'nnfuse'
import { scale } from './scale/plugin.js'
import { Scale } from './scale/scale.js'

const nn = manualSeed(0)
const factor = (channels: number) => floatTensor(new Float32Array(channels).fill(0.5), [channels, 1, 1])
const model = Sequential({
  conv: nn.Conv2d(3, 8, 3),
  gamma: Scale(factor(8)),
  relu: ReLU(),
  last: Scale(factor(8)),
})

const { model: fused, report } = fuse(model, { plugins: [...defaultPlugins(), scale()] })
console.log(print(fused.root))
for (const { path, reasons } of report.left) console.log(`${path} stays: ${reasons.join('; ')}`)
