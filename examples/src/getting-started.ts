import { readOnnx, writeOnnx } from '@nnfuse/onnx/node'
import { explain, fuse } from 'nnfuse'

const model = await readOnnx('models/shapes.onnx')
const { model: fused, report } = fuse(model)
await writeOnnx(fused, 'out/getting-started.onnx')

console.log(`${report.applied.length} fused, ${report.left.length} left`)
for (const { path, kind, reasons } of report.left) console.log(`${path} (${kind}): ${reasons[0]}`)

const { near } = explain(model, 'block3.bn')
console.log(near[0]?.reason)
