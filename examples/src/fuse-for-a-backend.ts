import { Add, graphModule, manualSeed, print, ReLU } from '@nnfuse/ir'
import { fuse, presets } from 'nnfuse'

const nn = manualSeed(0)
const block = graphModule(
  { conv: nn.Conv2d(8, 8, 3, { padding: 1, bias: false }), bn: nn.BatchNorm2d(8), add: Add(), relu: ReLU() },
  (m, x) => m.relu(m.add(m.bn(m.conv(x)), x)),
)

const { model } = fuse(block, presets.onednn())
console.log(print(model.root)) // one nni.ConvAddReLU2d
