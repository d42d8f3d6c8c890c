import { BatchNorm2d, Conv2d, manualSeed, Sequential } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { lawsOf } from '@nnfuse/testing'

const plugin = definePlugin({
  name: '@acme/nnfuse-plugin-forgetful',
  rules: [rule('conv2d-bn', [Conv2d, BatchNorm2d], (conv) => conv)],
})

const nn = manualSeed(0)
const cases = { 'conv2d-bn': { fuses: [Sequential([nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)])] } }

for (const { name, run } of lawsOf(plugin, cases)) {
  if (name !== 'conv2d-bn on random models: computes the same') continue
  await run().catch((error: Error) => console.log(error.message.trimEnd()))
}
