import { isNnfuseError, type NnfuseError } from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import { describe, expect, test } from 'vitest'
import { base, bytesOf, graphIn } from '../test/legal/base-model.js'
import { type ModelParts, model, node, tensor, weights } from '../test/onnx-builder.js'
import { documentOf, importOnnx, serializeOnnx } from './index.js'
import { fieldHeader } from './segments.js'

/*
 * Files that would exhaust the stack or the memory of a reader that believes what they say.
 */

const failure = async (bytes: Uint8Array): Promise<NnfuseError> => {
  const error: unknown = await importOnnx(bytes, { name: 'm.onnx' }).catch((caught: unknown) => caught)
  if (!isNnfuseError(error)) throw new Error(`expected an NnfuseError, got ${String(error)}`)
  return error
}

const fused = async (bytes: Uint8Array): Promise<Uint8Array> =>
  await serializeOnnx(fuse(await importOnnx(bytes)).model)

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** A message in itself, over and over: each time in the fields of `way`, from the inside out. */
const nested = (depth: number, ...way: readonly number[]): Uint8Array => {
  const headers: Uint8Array[] = []
  let size = 0
  for (let i = 0; i < depth; i += 1) {
    for (const field of way) {
      const header = fieldHeader(field, size)
      headers.push(header)
      size += header.length
    }
  }
  return joined(headers.reverse())
}

const field = (number: number, content: Uint8Array): Uint8Array =>
  joined([fieldHeader(number, content.length), content])

const inModel = (...parts: readonly Uint8Array[]): Uint8Array =>
  joined([Uint8Array.from([0x08, 0x08]), ...parts, field(8, Uint8Array.from([0x10, 17]))])

const graphNumber = 7

describe('depth', () => {
  const deep = 100_000

  test.each<[string, Uint8Array]>([
    [
      'graphs in nodes',
      inModel(field(graphNumber, field(1, nested(deep, 1, 6, 5))), field(graphNumber, new Uint8Array(0))),
    ],
    [
      'graphs in the nodes of a function',
      inModel(field(graphNumber, new Uint8Array(0)), field(25, field(7, nested(deep, 1, 6, 5)))),
    ],
    ['types of an input', inModel(field(graphNumber, field(11, field(2, nested(deep, 1, 4)))))],
    ['types of an attribute', inModel(field(graphNumber, field(1, field(5, field(14, nested(deep, 1, 4))))))],
  ])('%s, 100,000 deep, are refused', async (_, bytes) => {
    expect(await failure(bytes)).toMatchObject({
      code: 'ONNX_MALFORMED',
      path: expect.stringMatching(/^m\.onnx at byte \d+$/),
    })
  })
})

describe('size', () => {
  const huge = 2 ** 20

  /** Conv and BatchNormalization over [2^20, 2^20, 1, 1], in less than a kilobyte. */
  const imagined: ModelParts = {
    nodes: [
      node('ConstantOfShape', ['shape'], ['w']),
      node('ConstantOfShape', ['channels'], ['v']),
      node('Conv', ['x', 'w'], ['c']),
      node('BatchNormalization', ['c', 'v', 'v', 'v', 'v'], ['y']),
    ],
    initializers: [
      tensor('shape', [4], [huge, huge, 1, 1], 'int64'),
      tensor('channels', [1], [huge], 'int64'),
    ],
    inputs: { x: [1, huge, 1, 1] },
    outputs: { y: [1, huge, 1, 1] },
  }

  test('a weight of 2^40 elements that a kilobyte asks for is not computed', async () => {
    const bytes = model(imagined)
    expect(bytes.length).toBeLessThan(1024)
    const { report } = fuse(await importOnnx(bytes))
    expect(report.left).toMatchObject([{ reasons: [expect.stringContaining('too large')] }, {}])
    expect(Buffer.compare(await fused(bytes), bytes)).toBe(0)
  })

  test.each<[string, ModelParts]>([
    ['expanded', { nodes: [node('Expand', ['one', 'to'], ['big']), node('Expand', ['big', 'to'], ['k'])] }],
    ['a range', { nodes: [node('Range', ['zero', 'end', 'one'], ['k'])] }],
    [
      'made as large by each of many nodes',
      {
        nodes: Array.from({ length: 60 }, (_, i) =>
          node(
            'Concat',
            [i === 0 ? 'one' : `k${i - 1}`, i === 0 ? 'one' : `k${i - 1}`],
            [i === 59 ? 'k' : `k${i}`],
            { axis: 0 },
          ),
        ),
      },
    ],
  ])('a constant of 2^40 elements, %s, is passed through', async (_, { nodes = [] }) => {
    const bytes = model({
      nodes: [...nodes, node('Mul', ['x', 'k'], ['y'])],
      initializers: [
        tensor('one', nodes.length > 50 ? [1] : [], [1], 'float32'),
        tensor('zero', [], [0]),
        tensor('end', [], [2 ** 40]),
        tensor('to', [2], [huge, huge], 'int64'),
      ],
      inputs: { x: [1] },
      outputs: { y: [1] },
    })
    const written = await fused(bytes) // what is small for the nodes that go may be written as a value
    expect(written.length).toBeLessThan(bytes.length + (nodes.length > 50 ? 17 : 1) * 18 * 1024)
    const again = await importOnnx(written)
    expect(again.root.attrs).toMatchObject({ inputs: ['x'], outputs: ['y'] })
    expect([...again.root.children.values()].map(({ kind }) => kind)).toContain('nn.Mul')
  })

  test.each([2n ** 53n, 2n ** 62n, 2n ** 63n - 1n])(
    'a dimension of %s is refused, also beside a 0',
    async (dim) => {
      for (const dims of [[dim], [0n, dim]]) {
        const wrong = { ...weights('w', 4), dims }
        expect(await failure(model({ initializers: [wrong] }))).toMatchObject({
          code: 'ONNX_BAD_TENSOR',
          path: 'w',
        })
      }
    },
  )

  test('a stated size of 2^63 - 1 is a size that is not known', async () => {
    const proto = base()
    const { input, output, valueInfo } = graphIn(proto)
    for (const { type } of [...input, ...output, ...valueInfo]) {
      const dims = type?.value.case === 'tensorType' ? type.value.value.shape?.dim : []
      for (const dim of dims ?? []) dim.value = { case: 'dimValue', value: 2n ** 63n - 1n }
    }
    const again = documentOf(await importOnnx(await fused(bytesOf(proto))))
    expect(again?.inputs[0]?.type.shape).toEqual([null, null, null, null])
    expect(again?.nodes).toHaveLength(1)
  })

  test('100,000 nodes that say nothing', async () => {
    const bytes = inModel(field(graphNumber, joined(new Array(100_000).fill(Uint8Array.from([0x0a, 0])))))
    const imported = await importOnnx(bytes)
    expect(imported.root.children.size).toBe(100_000)
    expect(Buffer.compare(await serializeOnnx(imported), bytes)).toBe(0)
  }, 120_000)

  test('100,000 pieces of a graph', async () => {
    const bytes = inModel(...new Array<Uint8Array>(100_000).fill(Uint8Array.from([0x3a, 0])))
    expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
  })

  test('names of a megabyte', async () => {
    const name = 'n'.repeat(2 ** 20)
    const bytes = model({
      nodes: [node('Conv', ['x', `${name}w`], [name], {}, { name, domain: '' }), node('Relu', [name], ['y'])],
      initializers: [weights(`${name}w`, 1, 1, 1, 1)],
      inputs: { x: [1, 1, 1, 1] },
      outputs: { y: [1, 1, 1, 1] },
    })
    expect(Buffer.compare(await fused(bytes), bytes)).toBe(0)
  })
})

describe('names that are not UTF-8', () => {
  const withName = (name: readonly number[]): Uint8Array => {
    const bytes = model({
      nodes: [node('Relu', ['x'], ['y'], {}, { name: 'AAAA' })],
      inputs: { x: [1] },
      outputs: { y: [1] },
    })
    bytes.set(name, Buffer.from(bytes).indexOf('AAAA'))
    return bytes
  }

  test('are refused, since two of them would become one', async () => {
    expect(await failure(withName([0xff, 0xfe, 0x41, 0x41]))).toMatchObject({
      code: 'ONNX_MALFORMED',
      path: expect.stringMatching(/^m\.onnx at byte \d+$/),
    })
  })

  test('are not those with the character that stands for what is not', async () => {
    const bytes = withName([0xef, 0xbf, 0xbd, 0x41])
    expect(Buffer.compare(await serializeOnnx(await importOnnx(bytes)), bytes)).toBe(0)
  })
})
