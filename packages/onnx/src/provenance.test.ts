import { fromBinary } from '@bufbuild/protobuf'
import { manualSeed, ReLU, Sequential } from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import { ModelProtoSchema, type NodeProto } from 'onnx-buf'
import { expect, test } from 'vitest'
import { importOnnx, serializeOnnx, type WriteOptions } from './index.js'

const nn = manualSeed(0)
const network = () =>
  Sequential({ conv: nn.Conv2d(3, 4, 1), bn: nn.BatchNorm2d(4), relu: ReLU(), last: nn.Conv2d(4, 2, 1) })
const inputs = { x: { dtype: 'float32', shape: [1, 3, 4, 4] } } as const

const nodesOf = (bytes: Uint8Array): readonly NodeProto[] =>
  fromBinary(ModelProtoSchema, bytes).graph?.node ?? []

const notesOf = ({ metadataProps }: NodeProto) =>
  Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))

const fused = async (options: WriteOptions = {}) => {
  const original = await serializeOnnx(network(), { inputs })
  return serializeOnnx(fuse(await importOnnx(original)).model, options)
}

test('fused nodes say which rules made them and from what; others say nothing', async () => {
  const [conv, relu, last] = nodesOf(await fused())
  const notes = { 'nnfuse.rules': 'conv2d-bn-relu', 'nnfuse.from': 'conv, bn, relu' }
  expect(notesOf(conv as NodeProto)).toEqual(notes)
  expect(notesOf(last as NodeProto)).toEqual({})
  expect(relu?.opType).toBe('Relu')
})

test('nothing is noted where nobody wants it', async () => {
  for (const node of nodesOf(await fused({ metadata: false }))) expect(notesOf(node)).toEqual({})
})

test('what is fused a second time keeps its notes, byte for byte', async () => {
  const once = await fused()
  expect(await serializeOnnx(fuse(await importOnnx(once)).model)).toEqual(once)
})
