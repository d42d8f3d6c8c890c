import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import {
  Conv2d,
  deferredTensor,
  floatTensor,
  formatTensor,
  Linear,
  type Model,
  readBytes,
  Sequential,
  type Tensor,
} from '@nnfuse/ir'
import { fuse } from 'nnfuse'
import { ModelProtoSchema, type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { InferenceSession } from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readModel } from '../test/models.js'
import { importOnnx, initializerTensors, onnxCounts, planOnnx, serializeOnnx, sourceCounts } from './index.js'
import { readOnnx, writeOnnx } from './node.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nnfuse-onnx-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, name)

const resnet = async (): Promise<Model> => {
  await writeFile(file('m.onnx'), readModel('resnet18.torchscript'))
  return await readOnnx(file('m.onnx'))
}

/** What each initializer holds, by name. */
const contents = async (model: Model): Promise<Map<string, string>> => {
  const result = new Map<string, string>()
  for (const [name, tensor] of initializerTensors(model)) {
    const hash = createHash('sha256').update(await readBytes(tensor))
    result.set(name, `${formatTensor(tensor)} ${hash.digest('hex')}`)
  }
  return result
}

interface Entry {
  readonly name: string
  readonly location: string
  readonly offset: number
  readonly length: number
}

const entriesOf = ({ name, externalData }: TensorProto): Entry => {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]))
  return {
    name,
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset')),
    length: Number(entries.get('length')),
  }
}

const initializersIn = async (name: string): Promise<readonly TensorProto[]> =>
  fromBinary(ModelProtoSchema, await readFile(file(name))).graph?.initializer ?? []

const externalIn = async (name: string): Promise<Entry[]> =>
  (await initializersIn(name))
    .filter(({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL)
    .map(entriesOf)

describe('a model with its weights in a file beside it', () => {
  test('is the same model, read again or written as one file again', async () => {
    const original = await resnet()
    await writeOnnx(original, file('out.onnx'), { externalData: true })
    expect((await readdir(folder)).sort()).toEqual(['m.onnx', 'out.onnx', 'out.onnx.data'])
    const again = await readOnnx(file('out.onnx'))
    const { bytes, ...counts } = onnxCounts(original)
    expect(sourceCounts(again)).toMatchObject(counts)
    expect(sourceCounts(again)?.bytes).toBeGreaterThan(0.99 * bytes)
    expect(await contents(again)).toEqual(await contents(original))
    await writeOnnx(again, file('one.onnx'))
    expect(await readdir(folder)).not.toContain('one.onnx.data')
    expect(await contents(await readOnnx(file('one.onnx')))).toEqual(await contents(original))
  })

  test('runs in ONNX Runtime and gives what the whole file gives', async () => {
    const { model } = fuse(await resnet())
    await writeOnnx(model, file('whole.onnx'))
    await writeOnnx(model, file('parts.onnx'), { externalData: true })
    const [whole, parts] = await Promise.all(
      ['whole.onnx', 'parts.onnx'].map((name) => InferenceSession.create(file(name))),
    )
    expect(parts?.outputNames).toEqual(whole?.outputNames)
    expect(await contents(await readOnnx(file('parts.onnx')))).toEqual(
      await contents(await readOnnx(file('whole.onnx'))),
    )
  })

  test('keeps what is small in the model, and lets nothing overlap', async () => {
    await writeOnnx(await resnet(), file('out.onnx'), { externalData: true })
    const inside = (await initializersIn('out.onnx')).filter(
      ({ dataLocation }) => dataLocation !== TensorProto_DataLocation.EXTERNAL,
    )
    expect(inside.length).toBeGreaterThan(0)
    expect(Math.max(...inside.map(({ rawData }) => rawData.length))).toBeLessThanOrEqual(1024)
    const entries = await externalIn('out.onnx')
    let end = 0
    for (const { location, offset, length } of entries) {
      expect([location, offset % 64]).toEqual(['out.onnx.data', 0])
      expect(offset).toBeGreaterThanOrEqual(end)
      end = offset + length
    }
    expect((await stat(file('out.onnx.data'))).size).toBe(end)
  })

  test('puts what is large where it can be mapped into memory', async () => {
    const inputs = { x: { dtype: 'float32', shape: ['N', 512] } } as const
    const weight = (features: number): Tensor =>
      floatTensor(new Float32Array(512 * features).fill(features), [features, 512])
    const built = Sequential([
      Linear({ weight: weight(5) }),
      Linear({ weight: floatTensor(new Float32Array(2 ** 18 * 5), [2 ** 18, 5]) }),
    ])
    await writeOnnx(built, file('out.onnx'), { inputs, externalData: true })
    expect((await externalIn('out.onnx')).map(({ offset }) => offset)).toEqual([0, 2 ** 16])
    expect(await contents(await readOnnx(file('out.onnx')))).toEqual(
      await contents(await importOnnx(await serializeOnnx(built, { inputs }))),
    )
  })

  test('is written from a model that was built, shared tensors once', async () => {
    const weight = floatTensor(
      Float32Array.from({ length: 1024 }, (_, i) => i),
      [32, 32],
    )
    const inputs = { x: { dtype: 'float32', shape: ['N', 32] } } as const
    const built = Sequential([Linear({ weight }), Linear({ weight })])
    await writeOnnx(built, file('out.onnx'), { inputs, externalData: true })
    expect((await stat(file('out.onnx.data'))).size).toBe(4096)
    const places = (await externalIn('out.onnx')).map(({ offset, length }) => [offset, length])
    expect(new Set(places.map(String))).toEqual(new Set(['0,4096']))
  })

  test('where all of it is small, is one file', async () => {
    const inputs = { x: { dtype: 'float32', shape: ['N', 2, 8, 8] } } as const
    const built = Sequential([Conv2d({ weight: floatTensor([1, 2], [1, 2, 1, 1]) })])
    await writeOnnx(built, file('out.onnx'), { inputs, externalData: true })
    expect(await readdir(folder)).toEqual(['out.onnx'])
  })
})

const large = (compute: () => Uint8Array): Tensor =>
  deferredTensor('float32', [2 ** 15, 2 ** 14], [], compute)

describe('a model of more than 2 GiB', () => {
  const inputs = { x: { dtype: 'float32', shape: ['N', 2 ** 14] } } as const
  const built = Sequential([
    Linear({
      weight: large(() => {
        throw new Error('nobody reads it')
      }),
    }),
  ])

  test('cannot be one file', async () => {
    await expect(planOnnx(built, { inputs })).rejects.toMatchObject({
      code: 'ONNX_TOO_LARGE',
      hint: expect.stringContaining('external data'),
    })
    await expect(serializeOnnx(built, { inputs })).rejects.toMatchObject({ code: 'ONNX_TOO_LARGE' })
    await expect(writeOnnx(built, file('out.onnx'), { inputs, externalData: false })).rejects.toMatchObject({
      code: 'ONNX_TOO_LARGE',
    })
  })

  test('is two files without being asked', async () => {
    const plan = await planOnnx(built, { inputs, externalData: 'out.onnx.data' })
    expect(plan.externalData?.size).toBe(2 ** 31)
    expect(plan.size).toBeLessThan(1000)
    // It goes as far as reading the weight, which only planning for two files does.
    await expect(writeOnnx(built, file('out.onnx'), { inputs })).rejects.toThrow('cannot be written')
  })
})

describe('nothing is lost', () => {
  test('where a weight cannot be computed, neither file is there', async () => {
    const original = await resnet()
    const conv = Conv2d({
      weight: deferredTensor('float32', [64, 64, 3, 3], [], () => {
        throw new Error('broken')
      }),
    })
    const inputs = { x: { dtype: 'float32', shape: ['N', 64, 8, 8] } } as const
    await expect(
      writeOnnx(Sequential([conv]), file('out.onnx'), { inputs, externalData: true }),
    ).rejects.toMatchObject({ code: 'CANNOT_WRITE' })
    expect(await readdir(folder)).toEqual(['m.onnx'])
    expect(original.root).toBeDefined()
  })

  test('the file that weights are read from is not written over', async () => {
    await writeOnnx(await resnet(), file('a.onnx'), { externalData: true })
    const model = await readOnnx(file('a.onnx'))
    const before = await readFile(file('a.onnx.data'))
    for (const name of ['a.onnx', 'a.onnx.data'])
      await expect(writeOnnx(model, file(name))).rejects.toMatchObject({ code: 'OUTPUT_IS_INPUT' })
    await rename(file('a.onnx'), file('b.onnx')) // which says that its weights are in a.onnx.data
    const renamed = await readOnnx(file('b.onnx'))
    await expect(writeOnnx(renamed, file('a.onnx'), { externalData: true })).rejects.toMatchObject({
      code: 'OUTPUT_IS_INPUT',
    })
    expect(await readFile(file('a.onnx.data'))).toEqual(before)
  })
})
