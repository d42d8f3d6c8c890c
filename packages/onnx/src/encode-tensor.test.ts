import { create } from '@bufbuild/protobuf'
import { TensorProto_DataType as DataType, TensorProtoSchema } from 'onnx-buf'
import { expect, test } from 'vitest'
import { model, node } from '../test/onnx-builder.js'
import { importOnnx, serializeOnnx } from './index.js'

const labels = create(TensorProtoSchema, {
  name: 'labels',
  dims: [2n],
  dataType: DataType.STRING,
  stringData: ['cat', 'dog'].map((word) => new TextEncoder().encode(word)),
})

test('strings stay with their file, and cannot be written into another', async () => {
  const bytes = model({
    nodes: [node('Gather', ['labels', 'x'], ['y'])],
    inputs: { x: { shape: [1], dtype: 'int64' } },
    outputs: { y: [] },
    initializers: [labels],
  })
  const read = await importOnnx(bytes)
  expect(await serializeOnnx(read)).toEqual(bytes)
  await expect(serializeOnnx(read.root)).rejects.toMatchObject({ code: 'CANNOT_EXPRESS', path: 'labels' })
})
