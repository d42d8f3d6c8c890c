import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type DType, encode } from '@nnfuse/ir'
import { ModelProtoSchema, type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf'
import { dataTypeOf } from '../../src/data-types.js'
import { node, tensor } from '../onnx-builder.js'
import { at, bytesField, fieldsIn, readTree, type WireField, writeTree } from '../wire-tree.js'
import { base, bytesOf, graphIn, withNodes, withOutput } from './base-model.js'
import type { LegalModel } from './legal-model.js'

/*
 * Every way in which a tensor may keep its numbers.
 */

type Data = Partial<
  Pick<
    TensorProto,
    'rawData' | 'floatData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'doubleData' | 'stringData'
  >
>

const raw = (...bytes: readonly number[]): Data => ({ rawData: Uint8Array.from(bytes) })

type Encoding = readonly [dtype: DType, raw: Data, typed: Data]

/** Three elements of each type, as raw_data and in the list that the type has. */
const encodings: readonly Encoding[] = [
  ['float32', { rawData: new Uint8Array(encode([1, -2, 0.5], 'float32')) }, { floatData: [1, -2, 0.5] }],
  ['float64', { rawData: new Uint8Array(encode([1, -2, 0.5], 'float64')) }, { doubleData: [1, -2, 0.5] }],
  ['float16', raw(0, 0x3c, 0, 0xc0, 0, 0x38), { int32Data: [0x3c00, 0xc000, 0x3800] }],
  ['bfloat16', raw(0x80, 0x3f, 0, 0xc0, 0, 0x3f), { int32Data: [0x3f80, 0xc000, 0x3f00] }],
  ['int8', raw(1, 254, 3), { int32Data: [1, -2, 3] }],
  ['uint8', raw(1, 254, 3), { int32Data: [1, 254, 3] }],
  ['int16', raw(1, 0, 254, 255, 3, 0), { int32Data: [1, -2, 3] }],
  ['uint16', raw(1, 0, 254, 255, 3, 0), { int32Data: [1, 65534, 3] }],
  ['int32', { rawData: new Uint8Array(encode([1, -2, 3], 'int32')) }, { int32Data: [1, -2, 3] }],
  ['uint32', { rawData: new Uint8Array(encode([1, 2, 3], 'uint32')) }, { uint64Data: [1n, 2n, 3n] }],
  ['int64', { rawData: new Uint8Array(encode([1, -2, 3], 'int64')) }, { int64Data: [1n, -2n, 3n] }],
  ['uint64', { rawData: new Uint8Array(encode([1, 2, 3], 'uint64')) }, { uint64Data: [1n, 2n, 3n] }],
  ['bool', raw(1, 0, 1), { int32Data: [1, 0, 1] }],
  [
    'complex64',
    { rawData: new Uint8Array(encode([1, 2, 3, 4, 5, 6], 'float32')) },
    { floatData: [1, 2, 3, 4, 5, 6] },
  ],
  [
    'complex128',
    { rawData: new Uint8Array(encode([1, 2, 3, 4, 5, 6], 'float64')) },
    { doubleData: [1, 2, 3, 4, 5, 6] },
  ],
  ...(['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0'] as const).map(
    (dtype): Encoding => [dtype, raw(0x38, 0x40, 0x30), { int32Data: [0x38, 0x40, 0x30] }],
  ),
  ...(['uint4', 'int4', 'float4e2m1'] as const).map(
    (dtype): Encoding => [dtype, raw(0x21, 0x03), { int32Data: [0x21, 0x03] }],
  ),
  ...(['uint2', 'int2'] as const).map((dtype): Encoding => [dtype, raw(0x39), { int32Data: [0x39] }]),
]

/** The first opset, for the types that came later. */
const firstOpset = (dtype: DType): number => {
  if (/^u?int2$/.test(dtype)) return 25
  if (dtype === 'float4e2m1' || dtype === 'float8e8m0') return 24
  if (/^u?int4$/.test(dtype)) return 21
  return dtype.startsWith('float8') ? 19 : 17
}

const holding = (
  dtype: DType,
  data: Data,
  rest: MessageInitShape<typeof TensorProtoSchema> = {},
): Uint8Array => {
  const model = withNodes([node('Identity', ['held'], ['copy'], {}, { name: 'hold' })], firstOpset(dtype))
  graphIn(model).initializer.push(
    create(TensorProtoSchema, { name: 'held', dims: [3n], dataType: dataTypeOf(dtype), ...data, ...rest }),
  )
  return bytesOf(withOutput(model, 'copy', dtype, [3]))
}

const heldTensor = (model: readonly WireField[]): WireField => at(model, 7, 5).at(-1) as WireField

/** Numbers of TensorProto's lists, and the wire type of one of their elements. */
const lists: ReadonlyMap<number, number> = new Map([
  [4, 5],
  [5, 0],
  [7, 0],
  [10, 1],
  [11, 0],
])

const elementsOf = (bytes: Uint8Array, wire: number): Uint8Array[] => {
  const size = { 5: 4, 1: 8 }[wire]
  if (size !== undefined)
    return Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(i * size, (i + 1) * size))
  const ends = [...bytes].flatMap((byte, i) => (byte < 128 ? [i + 1] : []))
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end))
}

/** The list of the held tensor in other pieces: each element a field, or two packed halves. */
const inPieces = (bytes: Uint8Array, piece: 'unpacked' | 'halves'): Uint8Array => {
  const model = readTree(ModelProtoSchema, bytes)
  const held = heldTensor(model)
  held.value = fieldsIn(held).flatMap((field): WireField[] => {
    const wire = lists.get(field.number)
    if (wire === undefined || !(field.value instanceof Uint8Array)) return [field]
    const elements = elementsOf(field.value, wire)
    if (piece === 'halves') {
      const [first = new Uint8Array(0), ...others] = elements
      return [
        bytesField(field.number, first),
        bytesField(field.number, Uint8Array.from(others.flatMap((e) => [...e]))),
      ]
    }
    return elements.map((element) => ({ number: field.number, wire, value: element }))
  })
  return writeTree(model)
}

const encoded = encodings.flatMap(([dtype, rawData, typed]): LegalModel[] => {
  const packed = holding(dtype, typed)
  return [
    { name: `${dtype} in raw_data`, bytes: holding(dtype, rawData) },
    { name: `${dtype} in its list, packed`, bytes: packed },
    { name: `${dtype} in its list, not packed`, bytes: inPieces(packed, 'unpacked') },
    { name: `${dtype} in its list, in two packed pieces`, bytes: inPieces(packed, 'halves') },
  ]
})

const large = Array.from({ length: 600 }, (_, i) => i / 8)

const largeFloats = (data: Data): Uint8Array => {
  const model = withNodes([node('Identity', ['held'], ['copy'], {}, { name: 'hold' })])
  graphIn(model).initializer.push(
    create(TensorProtoSchema, { name: 'held', dims: [600n], dataType: 1, ...data }),
  )
  return bytesOf(withOutput(model, 'copy', 'float32', [600]))
}

const twoRawData = (): Uint8Array => {
  const model = readTree(ModelProtoSchema, largeFloats({ rawData: new Uint8Array(encode(large, 'float32')) }))
  const held = heldTensor(model)
  held.value = [bytesField(9, new Uint8Array(4000)), ...fieldsIn(held)]
  return writeTree(model)
}

const sparse = (): Uint8Array => {
  const model = withNodes([node('Identity', ['held'], ['copy'], {}, { name: 'hold' })])
  graphIn(model).sparseInitializer.push({
    $typeName: 'onnx.SparseTensorProto',
    values: tensor('held', [2], [1, 2]),
    indices: tensor('', [2], [0, 5], 'int64'),
    dims: [2n, 3n],
  })
  return bytesOf(withOutput(model, 'copy', 'float32', [2, 3]))
}

const sparseWeight = (): Uint8Array => {
  const model = base()
  const graph = graphIn(model)
  graph.initializer = graph.initializer.filter(({ name }) => name !== 'conv.weight')
  graph.sparseInitializer.push({
    $typeName: 'onnx.SparseTensorProto',
    values: tensor('conv.weight', [2], [1, 2]),
    indices: tensor('', [2], [0, 3], 'int64'),
    dims: [2n, 2n, 1n, 1n],
  })
  return bytesOf(model)
}

export const tensorModels: readonly LegalModel[] = [
  ...encoded,
  {
    name: 'strings',
    bytes: holding('string', { stringData: ['a', '', 'ü'].map((s) => new TextEncoder().encode(s)) }),
  },
  { name: 'a large list, packed', bytes: largeFloats({ floatData: large }) },
  { name: 'a large list, not packed', bytes: inPieces(largeFloats({ floatData: large }), 'unpacked') },
  {
    name: 'a large list, in two packed pieces',
    bytes: inPieces(largeFloats({ floatData: large }), 'halves'),
  },
  { name: 'raw_data twice, the last of which counts', bytes: twoRawData() },
  {
    name: 'a tensor with a segment',
    bytes: holding(
      'float32',
      { floatData: [1, 2, 3] },
      { segment: { $typeName: 'onnx.TensorProto.Segment', begin: 0n, end: 3n } },
    ),
  },
  {
    name: 'a tensor with a doc_string and metadata',
    bytes: holding(
      'float32',
      { floatData: [1, 2, 3] },
      {
        docString: 'numbers',
        metadataProps: [{ $typeName: 'onnx.StringStringEntryProto', key: 'k', value: 'v' }],
      },
    ),
  },
  {
    name: 'a data_location that says what is so anyway',
    bytes: holding('float32', { floatData: [1, 2, 3] }, { dataLocation: TensorProto_DataLocation.DEFAULT }),
  },
  { name: 'a sparse initializer', bytes: sparse() },
  { name: 'a sparse weight of the convolution', bytes: sparseWeight(), stays: true },
]
