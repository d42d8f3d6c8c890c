import { readOnnx } from '@nnfuse/onnx/node'
import { fuse, presets } from 'nnfuse'

const model = await readOnnx('models/shapes.dynamo.onnx')

const rewrites = {
  'everything that is equal': fuse(model),
  'only what keeps bits': fuse(model, { exact: 'bits' }),
  'what PyTorch fuses': fuse(model, presets.native()),
}
for (const [which, { report }] of Object.entries(rewrites)) {
  const rules = report.rules.filter(({ applied }) => applied > 0)
  console.log(`${which}: ${rules.map(({ rule, applied }) => `${rule} ${applied}`).join(', ')}`)
}
