import { Conv2d, Dropout, manualSeed, Sequential } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { createPassManager, definePlugin, fuse, pipeline, repeat } from '@nnfuse/pass-manager'

const dropouts = definePlugin({
  name: '@acme/nnfuse-plugin-dropouts',
  rules: [rule('conv2d-dropout', [Conv2d, Dropout], (conv) => conv)],
})

const manager = createPassManager({ plugins: [dropouts], pipeline: pipeline(repeat({ max: 4 }, fuse)) })
const { report } = manager.run(Sequential([manualSeed(0).Conv2d(3, 8, 3), Dropout(), Dropout()]))

for (const { rule, paths } of report.applied) console.log(`${rule}: ${paths.join(', ')}`)
