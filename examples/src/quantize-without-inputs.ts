import { inference, manualSeed, print, ReLU, Sequential } from '@nnfuse/ir'
import { qconfigs, quantizeDynamic, quantizeWeights } from '@nnfuse/quantization'
import { fuse } from 'nnfuse'

const nn = manualSeed(0)
const layers = { fc1: nn.Linear(64, 32), relu: ReLU(), fc2: nn.Linear(32, 10) }
const { model } = fuse(inference(Sequential(layers)))

const dynamic = quantizeDynamic(model)
console.log(print(dynamic.root))
for (const { path, reason } of dynamic.notes) console.log(`${path} stays in float: ${reason}`)

const { activation, weight } = qconfigs.calibration.onnxruntime
const fourBits = { activation, weight: { ...weight, dtype: 'int4', min: -7, max: 7 } } as const
const small = quantizeWeights(model, { default: fourBits }, { blockSize: 32 })
console.log(print(small.root))
