import { create, toBinary } from '@bufbuild/protobuf'
import { type DType, readBytes, readValues, type Tensor } from '@nnfuse/ir'
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { model, node, ramp, tensor } from '../test/onnx-builder.js'
import { dataTypeOf } from './data-types.js'
import { documentOf, importOnnx, memorySource, serializeOnnx } from './index.js'

type Lists = Pick<TensorProto, 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data'>

/** A tensor whose elements stand in a list instead of raw_data. */
const typed = (dtype: DType, dims: readonly number[], lists: Partial<Lists>): TensorProto =>
  create(TensorProtoSchema, { name: 'w', dims: dims.map(BigInt), dataType: dataTypeOf(dtype), ...lists })

const read = async (one: TensorProto): Promise<Tensor> => {
  const document = documentOf(await importOnnx(model({ initializers: [one] })))
  return document?.initializers.get('w')?.tensor as Tensor
}

describe('data in lists', () => {
  test.each<[DType, Partial<Lists>, number[]]>([
    ['float32', { floatData: [0.5, -2] }, [0.5, -2]],
    ['float64', { doubleData: [0.1, -2] }, [0.1, -2]],
    ['int64', { int64Data: [-5n, 7n] }, [-5, 7]],
    ['uint64', { uint64Data: [5n, 7n] }, [5, 7]],
    ['uint32', { uint64Data: [5n, 4294967295n] }, [5, 4294967295]],
    ['int32', { int32Data: [-5, 7] }, [-5, 7]],
    ['int16', { int32Data: [-5, 7] }, [-5, 7]],
    ['uint16', { int32Data: [5, 65535] }, [5, 65535]],
    ['int8', { int32Data: [-5, 7] }, [-5, 7]],
    ['uint8', { int32Data: [5, 255] }, [5, 255]],
    ['bool', { int32Data: [1, 0] }, [1, 0]],
    ['float16', { int32Data: [0x3c00, 0xc000] }, [1, -2]],
    ['bfloat16', { int32Data: [0x3f80, 0xc000] }, [1, -2]],
  ])('%s', async (dtype, lists, expected) => {
    const w = await read(typed(dtype, [2], lists))
    expect(w.dtype).toBe(dtype)
    expect(Array.from(await readValues(w), Number)).toEqual(expected)
  })

  test('two 4-bit numbers share a byte', async () => {
    expect(await readBytes(await read(typed('uint4', [3], { int32Data: [0x21, 0x03] })))).toEqual(
      Uint8Array.of(0x21, 0x03),
    )
  })

  test('long float lists are left in the file like raw data', async () => {
    const values = ramp(5000)
    const [floats, doubles] = [
      await read(typed('float32', [5000], { floatData: values })),
      await read(typed('float64', [5000], { doubleData: values })),
    ]
    expect([floats.storage.type, doubles.storage.type]).toEqual(['slice', 'slice'])
    expect(await readValues(floats)).toEqual(Float32Array.from(values))
    expect(await readValues(doubles)).toEqual(Float64Array.from(values))
  })

  test.each<[string, TensorProto]>([
    ['too few', typed('float32', [3], { floatData: [1, 2] })],
    ['in the wrong list', typed('float32', [2], { int32Data: [1, 2] })],
  ])('%s', async (_, one) => {
    await expect(read(one)).rejects.toMatchObject({ code: 'ONNX_TENSOR_SIZE', path: 'w' })
  })

  test('long lists of another type than the tensor says', async () => {
    const wrong = typed('int32', [5000], { floatData: ramp(5000) })
    await expect(read(wrong)).rejects.toMatchObject({ code: 'ONNX_BAD_TENSOR', path: 'w' })
  })
})

type Data = Partial<Lists & Pick<TensorProto, 'rawData'>>

describe('data in another file', () => {
  /** 4000 bytes there, whatever the tensor holds itself. */
  const external = (own: Data): TensorProto => ({
    ...typed('float32', [5000], own),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: 'w.bin' }],
  })

  const openExternal = () => Promise.resolve(memorySource(new Uint8Array(20000), 'w.bin'))
  const readExternally = (one: TensorProto) => importOnnx(model({ initializers: [one] }), { openExternal })

  test.each<[string, Data]>([
    ['raw', { rawData: Uint8Array.of(1, 2, 3, 4) }],
    ['much of it raw, which is left in the file', { rawData: new Uint8Array(20000) }],
    ['in the list of its type', { floatData: [1] }],
    ['much of it in that list, which is left in the file', { floatData: ramp(5000) }],
    ['in a list of another type', { uint64Data: [1n] }],
  ])('and in the tensor, %s', async (_, own) => {
    await expect(readExternally(external(own))).rejects.toMatchObject({
      code: 'ONNX_BAD_TENSOR',
      path: 'w',
      hint: expect.stringContaining('export it again'),
    })
  })

  test('and nothing in the tensor: an empty raw_data is none', async () => {
    const imported = await readExternally(external({ rawData: new Uint8Array(0) }))
    const again = await importOnnx(await serializeOnnx(imported))
    const w = documentOf(again)?.initializers.get('w')?.tensor as Tensor
    expect(await readValues(w)).toEqual(new Float32Array(5000))
  })
})

test('small tensors are in memory, large ones are not', async () => {
  const small = await read(tensor('w', [4096], ramp(4096)))
  const large = await read(tensor('w', [4097], ramp(4097)))
  expect([small.storage.type, large.storage.type]).toEqual(['memory', 'slice'])
  expect(await readValues(large)).toEqual(Float32Array.from(ramp(4097)))
})

test('bytes of a file, at any alignment, and a Blob read the same', async () => {
  const bytes = model({
    nodes: [node('Clip', ['x', 'low', 'high'], ['y'])],
    initializers: [tensor('low', [], [0]), tensor('high', [], [6])],
    inputs: { x: [1] },
    outputs: { y: [1] },
  })
  for (let shift = 0; shift < 8; shift += 1) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift)
    expect([...(await importOnnx(shifted)).root.children.values()].map(({ kind }) => kind)).toEqual([
      'nn.ReLU6',
    ])
  }
  const fromBlob = await importOnnx(new Blob([new Uint8Array(bytes)]))
  expect(Buffer.compare(await serializeOnnx(fromBlob), bytes)).toBe(0)
})

test('sparse initializers, annotations and functions pass through', async () => {
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 17n }, { domain: 'own', version: 1n }],
      functions: [{ name: 'Relu', domain: '', input: ['a'], output: ['b'] }],
      graph: create(GraphProtoSchema, {
        node: [node('Add', ['x', 's'], ['y']), node('Relu', ['y'], ['z'])],
        sparseInitializer: [
          { values: tensor('s', [1], [1]), indices: tensor('', [1], [0], 'int64'), dims: [2n] },
        ],
        quantizationAnnotation: [{ tensorName: 'y' }],
        input: [{ name: 'x' }],
        output: [{ name: 'z' }],
      }),
    }),
  )
  const imported = await importOnnx(bytes)
  expect(Buffer.compare(await serializeOnnx(imported), bytes)).toBe(0)
  // The model's own Relu may be anything.
  expect([...imported.root.children.values()].map(({ kind }) => kind)).toEqual([
    'nn.Constant',
    'nn.Add',
    'onnx.Op',
  ])
})
