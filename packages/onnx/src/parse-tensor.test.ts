import { create, toBinary } from '@bufbuild/protobuf'
import { readBytes, readValues } from '@nnfuse/ir'
import { TensorProto_DataType as DataType, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { ramp, tensor } from '../test/onnx-builder.js'
import { type NamedTensor, parseTensor } from './index.js'

type Init = Parameters<typeof create<typeof TensorProtoSchema>>[1]

const bytesOf = (init: Init): Uint8Array => toBinary(TensorProtoSchema, create(TensorProtoSchema, init))
const parse = (init: Init): NamedTensor => parseTensor(bytesOf(init), 'input_0.pb')

test('gives name, type and elements, raw or in a list', async () => {
  const raw = parse(tensor('x', [20, 30], ramp(600)))
  expect(raw).toMatchObject({ name: 'x', tensor: { dtype: 'float32', shape: [20, 30] } })
  expect(await readValues(raw.tensor)).toEqual(Float32Array.from(ramp(600)))
  const listed = parse({ dims: [2n], dataType: DataType.INT64, int64Data: [-1n, 2n ** 40n] })
  expect(listed).toMatchObject({ name: '', tensor: { dtype: 'int64', shape: [2] } })
  expect(await readValues(listed.tensor)).toEqual(BigInt64Array.of(-1n, 2n ** 40n))
})

describe('refuses', () => {
  const whole = bytesOf(tensor('x', [2], [1, 2]))
  const external = { dataType: DataType.FLOAT, dataLocation: TensorProto_DataLocation.EXTERNAL }
  const cases: readonly (readonly [name: string, bytes: Uint8Array, code: string, message: RegExp])[] = [
    ['an empty file', new Uint8Array(), 'ONNX_EMPTY', /is empty/],
    ['a file that ends early', whole.subarray(0, -1), 'ONNX_MALFORMED', /TensorProto cannot be read/],
    ['text', new TextEncoder().encode('1.0 2.0'), 'ONNX_MALFORMED', /TensorProto cannot be read/],
    [
      'too little data',
      bytesOf(tensor('x', [3], [1, 2])),
      'ONNX_TENSOR_SIZE',
      /float32\[3\] but holds 8 bytes/,
    ],
    ['no data type', bytesOf({ name: 'x', dims: [1n] }), 'ONNX_BAD_TENSOR', /data type 0/],
    [
      'data in another file',
      bytesOf({ ...external, externalData: [{ key: 'location', value: 'x.bin' }] }),
      'ONNX_EXTERNAL_DATA',
      /in another file, "x\.bin"/,
    ],
  ]
  test.each(cases)('%s', (_, bytes, code, message) => {
    expect(() => parseTensor(bytes, 'input_0.pb')).toThrow(message)
    expect(() => parseTensor(bytes, 'input_0.pb')).toThrowError(
      expect.objectContaining({ code, path: expect.stringMatching(/^input_0\.pb/) }),
    )
  })

  test('strings, once somebody reads them', async () => {
    const { tensor: strings } = parse({
      dims: [1n],
      dataType: DataType.STRING,
      stringData: [Uint8Array.of(65)],
    })
    await expect(readBytes(strings)).rejects.toMatchObject({ code: 'DTYPE_UNREADABLE' })
  })
})
