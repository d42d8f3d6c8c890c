import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { NodeProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { expect, test } from 'vitest'
import { model, node, tensor } from '../test/onnx-builder.js'
import { checkMessage } from './check-message.js'
import { importOnnx } from './index.js'

const message = (write: (writer: BinaryWriter) => unknown): Uint8Array => {
  const writer = new BinaryWriter()
  write(writer)
  return writer.finish()
}

const inAttribute = (inner: Uint8Array): Uint8Array =>
  message((writer) => writer.tag(5, WireType.LengthDelimited).bytes(inner))

test.each([
  [
    'a message of every kind of field',
    toBinary(NodeProtoSchema, node('Op', ['x'], ['y'], { a: 1, b: { float: 0.5 }, c: [1, 2] })),
  ],
  [
    'unknown fields of any type',
    message((writer) => writer.tag(99, WireType.Bit64).fixed64(1n).tag(98, WireType.Varint).int32(1)),
  ],
  ['nothing', new Uint8Array(0)],
])('%s is read', (_, bytes) => {
  expect(() => checkMessage(NodeProtoSchema, undefined, bytes)).not.toThrow()
})

test.each([
  ['one by one', message((writer) => writer.tag(4, WireType.Bit32).float(1).tag(4, WireType.Bit32).float(2))],
  ['packed', toBinary(TensorProtoSchema, create(TensorProtoSchema, { floatData: [1, 2], dims: [2n] }))],
])('a list of numbers, %s, is read', (_, bytes) => {
  expect(() => checkMessage(TensorProtoSchema, undefined, bytes)).not.toThrow()
})

test.each([
  ['a number for a text', message((writer) => writer.tag(2, WireType.Varint).int32(6)), 'field 2, output'],
  ['a text for a message', message((writer) => writer.tag(5, WireType.Bit32).float(1)), 'field 5, attribute'],
  [
    'a text for a number',
    inAttribute(message((writer) => writer.tag(20, WireType.LengthDelimited).string('6'))),
    'field 20, type',
  ],
  [
    '8 bytes for 4',
    inAttribute(message((writer) => writer.tag(2, WireType.Bit64).fixed64(1n))),
    'field 2, f',
  ],
])('%s is an error', (_, bytes, text) => {
  expect(() => checkMessage(NodeProtoSchema, undefined, bytes)).toThrow(text)
})

test('the error of a file says where', async () => {
  const bytes = Buffer.from(
    model({
      nodes: [node('Relu', ['x'], ['why'])],
      inputs: { x: [1] },
      outputs: { why: [1] },
      initializers: [tensor('w', [1], [1])],
    }),
  )
  bytes[bytes.indexOf('why') - 2] = (2 << 3) | WireType.Varint
  await expect(importOnnx(bytes)).rejects.toMatchObject({
    code: 'ONNX_MALFORMED',
    message: expect.stringContaining('NodeProto'),
    path: expect.stringMatching(/at byte \d+/),
  })
})
