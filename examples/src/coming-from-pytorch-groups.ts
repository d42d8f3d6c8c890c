import { manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { run } from '@nnfuse/runtime'
import { fuseModules } from 'nnfuse'

const nn = manualSeed(0)
const model = Sequential({
  conv1: nn.Conv2d(3, 8, 3),
  bn1: nn.BatchNorm2d(8),
  relu1: ReLU(),
  submodule: Sequential({ conv: nn.Conv2d(8, 4, 1), relu: ReLU() }),
})

const groups = [
  ['conv1', 'bn1', 'relu1'],
  ['submodule.conv', 'submodule.relu'],
]
const fused = fuseModules(model, groups)
console.log(print(fused.root))

const image = { data: new Float32Array(3 * 8 * 8).fill(1), shape: [1, 3, 8, 8] }
const { outputs } = await run(fused, [image])
console.log(outputs[0]?.shape.join('x'))
