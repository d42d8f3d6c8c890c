import { inference, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { fuse } from 'nnfuse'

const nn = manualSeed(0)
const model = Sequential([nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), ReLU(), nn.BatchNorm2d(16)])

const { model: fused, report } = fuse(inference(model))
console.log(print(fused.root))
console.log(report.left) // the second batch-norm, and why it is still there
