// node scripts/bench/optimize-with-onnxruntime.mjs <model> <output>   ONNX Runtime's offline optimization, basic level

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../workspace.mjs'

const { InferenceSession } = createRequire(join(root, 'packages/cli/package.json'))('onnxruntime-node')

const [model, output] = process.argv.slice(2)
await InferenceSession.create(model, {
  graphOptimizationLevel: 'basic',
  optimizedModelFilePath: output,
  logSeverityLevel: 3,
})
