import { loadPlugins } from '@nnfuse/cli'
import { readOnnx } from '@nnfuse/onnx/node'
import { fuse } from 'nnfuse'

const { plugins, config } = await loadPlugins({ folder: 'src/config' })
console.log(`${config}: ${plugins.map(({ name }) => name).join(', ')}`)

const { report } = fuse(await readOnnx('models/shapes.onnx'), { plugins })
console.log(report.applied.length)
