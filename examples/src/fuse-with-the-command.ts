import { formatFuse, fuseFile, plain } from '@nnfuse/cli'

const result = await fuseFile('models/shapes.onnx', { output: 'out/checked.onnx' })
console.log(formatFuse(result, plain))
if (result.check?.status === 'failed') process.exitCode = 1
