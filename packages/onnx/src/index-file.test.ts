import { type ByteSource, isNnfuseError, type NnfuseError, type Tensor } from '@nnfuse/ir'
import { describe, expect, test } from 'vitest'
import { readModel } from '../test/models.js'
import { model, node, ramp, tensor, weights } from '../test/onnx-builder.js'
import { importOnnx, memorySource, serializeOnnx } from './index.js'
import { fieldHeader } from './segments.js'

const failure = async (bytes: Uint8Array): Promise<NnfuseError> => {
  const error: unknown = await importOnnx(bytes, { name: 'm.onnx' }).catch((caught: unknown) => caught)
  if (!isNnfuseError(error)) throw new Error(`expected an NnfuseError, got ${String(error)}`)
  return error
}

const text = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0))

const concat = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]))

const field = (number: number, content: Uint8Array): Uint8Array =>
  concat(fieldHeader(number, content.length), content)

describe('broken files', () => {
  test('a file cut off anywhere is an error', async () => {
    const bytes = readModel('conv1d.torchscript')
    const codes = new Set<string>()
    for (let size = 0; size < bytes.length; size += 1)
      codes.add((await failure(bytes.subarray(0, size))).code)
    expect([...codes].sort()).toEqual(['ONNX_EMPTY', 'ONNX_NO_GRAPH', 'ONNX_NO_VERSION', 'ONNX_TRUNCATED'])
  })

  test('a file with any byte changed is read, or an error; what is read is written back as it is', async () => {
    const original = readModel('mlp.torchscript')
    for (let at = 0; at < original.length; at += 1) {
      const bytes = original.slice()
      bytes[at] = (original[at] as number) ^ (1 << (at % 8))
      const model = await importOnnx(bytes).catch((error: unknown) => {
        if (!isNnfuseError(error)) throw error
        return undefined
      })
      if (model) expect(Buffer.compare(await serializeOnnx(model), bytes)).toBe(0)
    }
  })

  test('the error says where', async () => {
    expect(await failure(readModel('mlp.torchscript').subarray(0, 100))).toMatchObject({
      code: 'ONNX_TRUNCATED',
      path: expect.stringMatching(/^m\.onnx at byte \d+$/),
    })
  })

  test.each([
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a', 'Git LFS pointer'],
    ['PK\x03\x04\x14\x00\x00\x00\x08\x00archive/data.pkl', 'zip archive'],
    ['<!DOCTYPE html><html>', 'web page'],
    ['{"error": "not found"}', 'JSON'],
    ['\x89HDF\r\n\x1a\n\x00\x00\x00', 'HDF5'],
    ['Just some words that somebody wrote.', 'starts with the text "Just some words'],
  ])('the hint says what %j is', async (start, hint) => {
    const error = await failure(text(start))
    expect(error.code).toBe('ONNX_MALFORMED')
    expect(error.hint).toContain(hint)
  })

  test('nothing', async () => {
    expect((await failure(new Uint8Array(0))).code).toBe('ONNX_EMPTY')
  })

  test('no opset', async () => {
    const bytes = concat([0x08, 0x08], field(7, new Uint8Array(0)))
    expect(await failure(bytes)).toMatchObject({ code: 'ONNX_NO_VERSION' })
  })

  test.each([
    ['a number of eleven bytes', [0x08, ...new Array<number>(11).fill(0xff)]],
    ['field number 0', [0x02, 0x00]],
    ['a group', [0x0b, 0x0c]],
    ['a field longer than its message', [...field(7, concat([0x0a, 0x7f], new Uint8Array(4))), 0x08, 0x08]],
    ['a graph that is a number', [0x08, 0x08, 0x38, 0x01]],
  ])('%s', async (_, bytes) => {
    expect((await failure(Uint8Array.from(bytes))).code).toBe('ONNX_MALFORMED')
  })

  test('messages nested two hundred deep are refused, not followed', async () => {
    let inner: Uint8Array = new Uint8Array(0)
    // NodeProto.attribute (5) . AttributeProto.g (6) . GraphProto.node (1)
    for (let depth = 0; depth < 200; depth += 1) inner = field(5, field(6, field(1, inner)))
    const bytes = concat([0x08, 0x08], field(7, field(1, inner)), field(8, Uint8Array.from([0x10, 17])))
    expect(await failure(bytes)).toMatchObject({ code: 'ONNX_MALFORMED' })
  })

  test('data that does not fit its shape names the tensor', async () => {
    const wrong = { ...weights('w', 4), dims: [5n] }
    expect(await failure(model({ initializers: [wrong] }))).toMatchObject({
      code: 'ONNX_TENSOR_SIZE',
      path: 'w',
    })
  })

  test.each([
    ['a negative dimension', { dims: [-1n] }],
    ['more elements than there are numbers', { dims: [2n ** 40n, 2n ** 40n] }],
    ['an unknown data type', { dataType: 99 }],
  ])('%s', async (_, change) => {
    const wrong = { ...weights('w', 4), ...change }
    expect(await failure(model({ initializers: [wrong] }))).toMatchObject({
      code: 'ONNX_BAD_TENSOR',
      path: 'w',
    })
  })
})

/** A file of which only some parts hold anything; the rest is 7s, and reading much of it is an error. */
const sparseSource = (parts: readonly (Uint8Array | number)[]): ByteSource => {
  let size = 0
  const placed = parts.map((part) => {
    const at = size
    size += typeof part === 'number' ? part : part.length
    return { at, part }
  })
  return {
    name: 'huge.onnx',
    size,
    read: (offset, length) => {
      if (length > 1_000_000) throw new Error(`read ${length} bytes at once`)
      const bytes = new Uint8Array(length).fill(7)
      for (const { at, part } of placed) {
        if (typeof part === 'number' || at >= offset + length || at + part.length <= offset) continue
        for (let i = Math.max(at, offset); i < Math.min(at + part.length, offset + length); i += 1) {
          bytes[i - offset] = part[i - at] as number
        }
      }
      return Promise.resolve(bytes)
    },
  }
}

describe('large files', () => {
  test('data beyond 4 GiB is found and not read', async () => {
    const elements = 5 * 2 ** 30
    const varint = fieldHeader(1, elements).subarray(1)
    const header = concat([0x08], varint, [0x10, 0x03], field(8, text('w')), fieldHeader(9, elements))
    const tail = concat(
      field(1, concat(field(1, text('x')), field(2, text('y')), field(4, text('Relu')))),
      field(11, field(1, text('x'))),
      field(12, field(1, text('y'))),
    )
    const graphStart = concat(fieldHeader(5, header.length + elements), header)
    const graphSize = graphStart.length + elements + tail.length
    const source = sparseSource([
      concat([0x08, 0x08], fieldHeader(7, graphSize), graphStart),
      elements,
      concat(tail, field(8, Uint8Array.from([0x10, 17]))),
    ])
    const imported = await importOnnx(source)
    expect(imported.root.attrs).toMatchObject({ inputs: ['x'], outputs: ['y'], calls: [{ inputs: ['x'] }] })
    const { initializers } = imported.source as { initializers: ReadonlyMap<string, { tensor: Tensor }> }
    const { tensor } = initializers.get('w') as { tensor: Tensor }
    expect(tensor).toMatchObject({ dtype: 'int8', shape: [elements], storage: { type: 'slice' } })
    expect(source.size).toBeGreaterThan(2 ** 32)
    await expect(serializeOnnx(imported)).rejects.toMatchObject({ code: 'ONNX_TOO_LARGE' })
  })

  test('only what is needed of a source is read', async () => {
    const bytes = model({
      nodes: [node('Add', ['x', 'w'], ['y'])],
      initializers: [weights('w', 100_000), weights('v', 100_000), tensor('u', [300], ramp(300))],
      inputs: { x: [1] },
      outputs: { y: [100_000] },
    })
    const inner = memorySource(bytes, 'm.onnx')
    let read = 0
    const counting: ByteSource = {
      ...inner,
      read: (offset, length) => {
        read += length
        return inner.read(offset, length)
      },
    }
    await importOnnx(counting)
    expect(bytes.length).toBeGreaterThan(800_000)
    expect(read).toBeLessThan(300_000)
  })
})
