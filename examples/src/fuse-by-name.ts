import { manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { fuseModules } from 'nnfuse'

const nn = manualSeed(0)
const model = Sequential({ conv: nn.Conv2d(3, 16, 3, { padding: 1 }), bn: nn.BatchNorm2d(16), relu: ReLU() })

const fused = fuseModules(model, ['conv', 'bn', 'relu'])
console.log(print(fused.root))
