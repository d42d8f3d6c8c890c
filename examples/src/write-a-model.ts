import { manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { serializeOnnx } from '@nnfuse/onnx'

const model = Sequential([manualSeed(0).Conv2d(3, 8, 3), ReLU()])
const bytes = await serializeOnnx(model, { inputs: { x: { dtype: 'float32', shape: ['batch', 3, 32, 32] } } })
console.log(`${bytes.length} bytes`)
