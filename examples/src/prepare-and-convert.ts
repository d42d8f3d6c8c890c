import { manualSeed, print, ReLU, Sequential, train } from '@nnfuse/ir'
import { convert, prepareQat, qconfigs } from '@nnfuse/quantization'
import { run } from '@nnfuse/runtime'
import { fuseModulesQat } from 'nnfuse'

const nn = manualSeed(0)
const float = Sequential({ conv: nn.Conv2d(1, 8, 3), bn: nn.BatchNorm2d(8), relu: ReLU() })

const fused = fuseModulesQat(train(float), ['conv', 'bn', 'relu'])
let model = prepareQat(fused, { default: qconfigs.qat.onnxruntime })
for (let step = 0; step < 4; step += 1) {
  const data = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i + step))
  // what comes back has what batch-norm and the observers have learned
  model = (await run(model, [{ data, shape: [2, 1, 8, 8] }])).model
}

console.log(print(convert(model).root))
