// npm start                              fuses the example model
// npm start -- model.onnx [options]      fuses that model; paths are relative to where npm was called

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import { root } from './workspace.mjs'

const example = [
  'examples/models/shapes.onnx',
  '--data',
  'examples/models/shapes-test',
  '-o',
  'out/shapes.fused.onnx',
]
const command = join(root, 'packages/cli/bin/nnfuse.mjs')
const args = process.argv.slice(2)

setUp()
if (args.length > 0) {
  process.chdir(process.env['INIT_CWD'] ?? process.cwd())
} else {
  process.chdir(root)
  mkdirSync('out', { recursive: true })
}
process.argv = [process.execPath, command, 'fuse', ...(args.length > 0 ? args : example)]
await import(pathToFileURL(command).href)
