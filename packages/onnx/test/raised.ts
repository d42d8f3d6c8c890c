import { print } from '@nnfuse/ir'
import type { NodeProto } from 'onnx-buf'
import { importOnnx } from '../src/index.js'
import { type ModelParts, model } from './onnx-builder.js'

/** The printed module of a model of one node, without the graph around it. */
export const raised = async (one: NodeProto, parts: ModelParts = {}): Promise<string> => {
  const bytes = model({ nodes: [one], inputs: { x: [2, 3, 8, 8] }, outputs: { y: [] }, ...parts })
  const { root, notes } = await importOnnx(bytes)
  const lines = print(root).split('\n').slice(1)
  const layer = lines.find((line) => !line.includes('nn.Constant')) ?? ''
  const reason = notes[0] === undefined ? '' : ` [${notes[0].reason}]`
  return layer.replace(/^.*?: (.*) : .*$/, '$1') + reason
}
