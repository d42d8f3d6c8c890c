import { create } from '@bufbuild/protobuf'
import { isNnfuseError, print } from '@nnfuse/ir'
import { type NodeProto, OperatorSetIdProtoSchema, TensorAnnotationSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { bytesOf, graphIn, withNodes } from '../test/legal/base-model.js'
import { type ModelParts, model, node, tensor, weights } from '../test/onnx-builder.js'
import { importOnnx, onnxCounts, serializeOnnx } from './index.js'
import { valueInfoProto } from './value-types.js'

const codeOf = async (parts: ModelParts): Promise<string> => {
  const error: unknown = await importOnnx(model(parts)).catch((caught: unknown) => caught)
  if (!isNnfuseError(error)) throw new Error(`expected an NnfuseError, got ${String(error)}`)
  return error.code
}

const roundTrips = async (bytes: Uint8Array): Promise<boolean> =>
  Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes) === 0

describe('graphs that are none', () => {
  const relu = (x: string, y: string): NodeProto => node('Relu', [x], [y])
  const io = { inputs: { x: [1] }, outputs: { y: [1] } }

  test.each<[string, ModelParts, string]>([
    ['a value made twice', { ...io, nodes: [relu('x', 'y'), relu('x', 'y')] }, 'ONNX_DUPLICATE_VALUE'],
    [
      'a node that makes an input',
      { ...io, nodes: [relu('x', 'x'), relu('x', 'y')] },
      'ONNX_DUPLICATE_VALUE',
    ],
    [
      'a node that makes an initializer',
      { ...io, nodes: [relu('x', 'y')], initializers: [weights('y', 1)] },
      'ONNX_DUPLICATE_VALUE',
    ],
    [
      'two initializers of one name',
      { ...io, nodes: [relu('x', 'y')], initializers: [weights('w', 1), weights('w', 1)] },
      'ONNX_DUPLICATE_VALUE',
    ],
    ['a value that nobody makes', { ...io, nodes: [relu('z', 'y')] }, 'ONNX_UNKNOWN_VALUE'],
    ['an output that nobody makes', io, 'ONNX_UNKNOWN_VALUE'],
    ['nodes in the wrong order', { ...io, nodes: [relu('z', 'y'), relu('x', 'z')] }, 'ONNX_NOT_SORTED'],
    ['a cycle', { ...io, nodes: [relu('z', 'y'), relu('y', 'z')] }, 'ONNX_NOT_SORTED'],
    ['a node that uses itself', { ...io, nodes: [relu('y', 'y')] }, 'ONNX_NOT_SORTED'],
  ])('%s', async (_, parts, code) => {
    expect(await codeOf(parts)).toBe(code)
  })
})

describe('names', () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'ünïcödé 🦕',
    'a\u0000b',
    'x'.repeat(100_000),
    '..',
    '/',
  ]

  test.each(names.map((name) => [name.slice(0, 12), name] as const))('%j everywhere', async (_, name) => {
    const bytes = model({
      nodes: [
        node('Add', [name, `${name}w`], [`${name}y`], {}, { name }),
        node('Acme', [`${name}y`], [`${name}z`], { [name]: 1 }, { name, domain: name }),
      ],
      initializers: [weights(`${name}w`, 2)],
      inputs: { [`${name}`]: [2] },
      outputs: { [`${name}z`]: [2] },
      valueInfo: { [`${name}y`]: [2] },
      domains: [name],
    })
    expect(await roundTrips(bytes)).toBe(true)
    expect((await importOnnx(bytes)).root.children.size).toBe(3)
  })

  test('many nodes of one name', async () => {
    const nodes = Array.from({ length: 50 }, (_, i) =>
      node('Relu', [`v${i}`], [`v${i + 1}`], {}, { name: 'same' }),
    )
    const bytes = model({ nodes, inputs: { v0: [1] }, outputs: { v50: [1] } })
    expect((await importOnnx(bytes)).root.children.size).toBe(50)
    expect(await roundTrips(bytes)).toBe(true)
  })
})

describe('size', () => {
  test('a chain of 100,000 constants neither overflows the stack nor becomes layers', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => node('Identity', [`c${i}`], [`c${i + 1}`]))
    const bytes = model({
      nodes: [...nodes, node('Add', ['x', 'c100000'], ['y'])],
      initializers: [weights('c0', 1)],
      inputs: { x: [1] },
      outputs: { y: [1] },
    })
    const imported = await importOnnx(bytes)
    expect(imported.root.children.size).toBe(2)
    expect(onnxCounts(imported)).toMatchObject({ nodes: 100_001, initializers: 1 })
    expect(await roundTrips(bytes)).toBe(true)
  })

  test('a chain of 20,000 layers', async () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node('Relu', [`v${i}`], [`v${i + 1}`]))
    const bytes = model({ nodes, inputs: { v0: [1] }, outputs: { v20000: [1] } })
    expect(await roundTrips(bytes)).toBe(true)
  })
})

describe('what is only passed through', () => {
  test('strings, 4-bit numbers, an empty tensor, nameless and unused initializers, an unused constant', async () => {
    const packed = { ...tensor('packed', [3], [0x21, 0x03], 'uint8'), dataType: 21 }
    const strings = {
      ...tensor('strings', [1], [], 'uint8'),
      dataType: 8,
      stringData: [new Uint8Array([65])],
    }
    const bytes = model({
      nodes: [
        node('Acme', ['packed', 'strings', 'empty', 'x'], ['y'], {}, { domain: 'com.acme' }),
        node('Constant', [], ['unused'], { value_int: 1 }),
      ],
      initializers: [packed, strings, tensor('empty', [0, 4], []), weights('', 2), weights('spare', 2)],
      inputs: { x: [1] },
      outputs: { y: [1] },
      domains: ['com.acme'],
    })
    expect(await roundTrips(bytes)).toBe(true)
    expect(print((await importOnnx(bytes)).root)).toContain('packed: nn.Constant(uint4[3])')
  })

  test('what is said of a value without a name, also where a node leaves out an output', async () => {
    const proto = withNodes([node('Acme', ['x'], ['z', ''], {}, { domain: 'com.acme' })])
    proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: 'com.acme', version: 1n }))
    const parts = graphIn(proto)
    parts.valueInfo.push(valueInfoProto('', { dtype: 'float32', shape: [7] }))
    parts.quantizationAnnotation.push(create(TensorAnnotationSchema, { tensorName: '' }))
    expect(await roundTrips(bytesOf(proto))).toBe(true)
  })
})
