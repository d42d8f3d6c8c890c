import { print } from '@nnfuse/ir'
import { readOnnx, writeOnnx } from '@nnfuse/onnx/node'

const model = await readOnnx('models/shapes.onnx')
console.log(print(model.root)) // pixels: nn.BatchNorm2d(1) ...
await writeOnnx(model, 'out/copy.onnx') // the same bytes
