import { readOnnx, writeOnnx } from '@nnfuse/onnx/node'
import { fuse } from 'nnfuse'

const { model, report } = fuse(await readOnnx('models/shapes.onnx'))
await writeOnnx(model, 'out/shapes.fused.onnx')

for (const { rule, paths } of report.applied) console.log(`${rule}: ${paths.join(', ')}`)
for (const { path, reasons } of report.left) console.log(`${path} stays: ${reasons.join('; ')}`)
