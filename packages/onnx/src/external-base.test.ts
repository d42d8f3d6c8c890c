import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  elementwiseTensor,
  floatTensor,
  Linear,
  type Model,
  readBytes,
  Sequential,
  sliceTensor,
  type Tensor,
  toModel,
} from '@nnfuse/ir'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ExternalLayout } from './external-layout.js'
import { initializerTensors } from './index.js'
import { type FileSource, fileSource, readOnnx, writeOnnx } from './node.js'

const features = 32
/** Bytes of one weight. */
const size = 4 * features ** 2
const count = 20

let folder = ''
let weights: FileSource
let bytes = new Uint8Array(0)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nnfuse-onnx-'))
  const values = Float32Array.from({ length: (count * size) / 4 }, (_, i) => i)
  bytes = new Uint8Array(values.buffer)
  await writeFile(file('weights.bin'), bytes)
  weights = await fileSource(file('weights.bin'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, name)

const weight = (i: number, shape = [features, features]): Tensor =>
  sliceTensor('float32', shape, weights, i * size)

const negative = (tensor: Tensor): Tensor =>
  elementwiseTensor(tensor, [], () => (part) => {
    for (let i = 3; i < part.length; i += 4) part[i] = (part[i] as number) ^ 0x80
  })

const fresh = floatTensor(new Float32Array(features ** 2).fill(7), [features, features])

const inputs = { x: { dtype: 'float32', shape: ['N', features] } } as const

const modelOf = (tensors: readonly Tensor[]): Model =>
  toModel(Sequential(tensors.map((tensor) => Linear({ weight: tensor }))))

const write = async (tensors: readonly Tensor[]): Promise<Uint8Array> => {
  await writeOnnx(modelOf(tensors), file('out.onnx'), { inputs, externalData: true })
  return new Uint8Array(await readFile(file('out.onnx.data')))
}

/** The weights, in the order of the layers, as they are read again. */
const readAgain = async (): Promise<Uint8Array[]> =>
  await Promise.all([...initializerTensors(await readOnnx(file('out.onnx'))).values()].map(readBytes))

const all = Array.from({ length: count }, (_, i) => i)

describe('a file that is mostly another one', () => {
  test('is that one, with changed weights in their places and new ones at its end', async () => {
    const tensors = all.map((i) => (i === 3 || i === 4 || i === 19 ? negative(weight(i)) : weight(i)))
    const written = await write([fresh, ...tensors])
    const changed = await Promise.all(tensors.map(readBytes))
    expect(written.length).toBe((count + 1) * size)
    for (const i of all) expect(written.subarray(i * size, (i + 1) * size)).toEqual(changed[i])
    expect(written.subarray(count * size)).toEqual(await readBytes(fresh))
    expect(await readAgain()).toEqual([await readBytes(fresh), ...changed])
    expect(new Uint8Array(await readFile(file('weights.bin')))).toEqual(bytes)
  })

  test('holds nothing of what is not used any more, and ends where its last weight does', async () => {
    await writeFile(file('weights.bin'), new Uint8Array([...bytes, ...new Uint8Array(512).fill(9)]))
    weights = await fileSource(file('weights.bin'))
    const written = await write(all.filter((i) => i !== 7).map((i) => weight(i)))
    expect(written.length).toBe(count * size)
    expect(written.subarray(7 * size, 8 * size)).toEqual(new Uint8Array(size))
    expect(written.subarray(0, 7 * size)).toEqual(bytes.subarray(0, 7 * size))
    expect(written.subarray(8 * size)).toEqual(bytes.subarray(8 * size))
  })

  test('a weight that is used as it is and changed is there twice', async () => {
    const written = await write([negative(weight(0)), ...all.map((i) => weight(i))])
    expect(written.subarray(0, size)).toEqual(bytes.subarray(0, size))
    expect(written.subarray(count * size)).toEqual(await readBytes(negative(weight(0))))
  })

  test('two weights that are read from one place are both there', async () => {
    const written = await write([...all.map((i) => weight(i)), weight(0)])
    expect(written).toEqual(new Uint8Array([...bytes, ...bytes.subarray(0, size)]))
  })

  test('can be written also where the other may only be read', async () => {
    await chmod(file('weights.bin'), 0o444)
    await write(all.map((i) => (i === 0 ? negative(weight(i)) : weight(i))))
    const { mode } = await stat(file('out.onnx'))
    expect((await stat(file('out.onnx.data'))).mode).toBe(mode)
  })

  test('is not written where the other has changed since', async () => {
    const tensors = all.map((i) => weight(i))
    await writeFile(file('weights.bin'), bytes.subarray(size))
    await expect(write(tensors)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' })
    expect(await readdir(folder)).toEqual(['weights.bin'])
  })
})

describe('a file is laid out anew', () => {
  const offsets = (tensors: readonly Tensor[]): number[] => {
    const layout = new ExternalLayout('weights', tensors)
    return tensors.map((tensor) => layout.place(tensor).offset)
  }
  const inOrder = (length: number): number[] => Array.from({ length }, (_, i) => i * size)

  test('unless most of it stays as it is', () => {
    const changed = (limit: number): Tensor[] =>
      all.map((i) => (i < limit ? negative(weight(i)) : weight(i))).reverse()
    expect(offsets(changed(10))).toEqual(inOrder(count).reverse())
    expect(offsets(changed(11))).toEqual(inOrder(count))
  })

  test('where much of the old one has no use any more', () => {
    const without = (first: number): Tensor[] => all.slice(first).map((i) => weight(i))
    expect(offsets(without(1))).toEqual(inOrder(count).slice(1))
    expect(offsets(without(2))).toEqual(inOrder(count - 2))
  })

  test('where weights do not begin at multiples of 64 bytes', async () => {
    await writeFile(file('weights.bin'), new Uint8Array([...new Uint8Array(4), ...bytes]))
    weights = await fileSource(file('weights.bin'))
    const shifted = all.map((i) => sliceTensor('float32', [features, features], weights, i * size + 4))
    expect(offsets(shifted)).toEqual(inOrder(count))
  })

  test('where weights overlap too much', () => {
    const overlapping = all.map((i) => sliceTensor('float32', [features, features], weights, (i * size) / 2))
    expect(offsets(overlapping)).toEqual(inOrder(count))
  })
})
