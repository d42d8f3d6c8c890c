import { expect, test } from 'vitest'
import { manualSeed } from './init/manual-seed.js'
import { Sequential } from './kinds/containers.js'
import { readBytes, readValues } from './read-tensor.js'
import { readSafetensors, writeSafetensors } from './safetensors.js'
import { loadStateDict, stateDict } from './state-dict.js'
import { type Tensor, tensorOf } from './tensor.js'
import { floatTensor } from './tensor-values.js'

const model = (seed: number) => {
  const nn = manualSeed(seed)
  return Sequential({
    conv: nn.Conv2d(1, 2, 3),
    bn: nn.BatchNorm2d(2),
    half: nn.Linear(2, 2, { dtype: 'float16' }),
  })
}

const bytesByKey = async (state: ReadonlyMap<string, Tensor>) =>
  Promise.all(
    [...state].map(async ([key, tensor]) => [
      key,
      tensor.dtype,
      tensor.shape,
      [...(await readBytes(tensor))],
    ]),
  )

const file = (header: string, data = 0): Uint8Array => {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

test('what is written is read back, and loads into a model of the same shape', async () => {
  const state = stateDict(model(1))
  const read = await readSafetensors(await writeSafetensors(state))
  expect(await bytesByKey(read)).toEqual(await bytesByKey(state))
  expect(await bytesByKey(stateDict(loadStateDict(model(0), read)))).toEqual(await bytesByKey(state))
})

test('the data starts at a multiple of eight bytes, whatever the names', async () => {
  for (const name of ['a', 'ab', 'ünïcode', '__proto__']) {
    const written = await writeSafetensors(new Map([[name, floatTensor([1.5], [1])]]))
    expect((8 + Number(new DataView(written.buffer).getBigUint64(0, true))) % 8).toBe(0)
    const tensor = (await readSafetensors(written)).get(name) as Tensor
    expect([...(await readValues(tensor))]).toEqual([1.5])
  }
})

test('a file by its own writer reads as the format says', async () => {
  const bytes = file(
    '{"__metadata__":{"format":"pt"},"x":{"dtype":"I16","shape":[2],"data_offsets":[2,6]}}',
    6,
  )
  bytes.set([0, 0, 7, 0, 255, 255], bytes.length - 6)
  expect([...(await readValues((await readSafetensors(bytes)).get('x') as Tensor))]).toEqual([7, -1])
})

test.each([
  [new Uint8Array(3), 'it has 3 bytes'],
  [file('{}').subarray(0, 9), 'its header of 2 bytes is cut off'],
  [file('[]'), 'its header is no JSON object'],
  [file('nonsense'), 'its header is no JSON ('],
  [file('{"x":null}'), 'tensor "x" has the unknown dtype'],
  [file('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4), 'tensor "x" has no valid shape'],
  [file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4), 'tensor "x" has no valid data_offsets'],
  [file('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4), 'tensor "x" needs 8 bytes but has 4'],
  [file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 3), 'tensor "x" lies beyond its end'],
])('a broken file is refused: %#', async (bytes, message) => {
  await expect(readSafetensors(bytes)).rejects.toThrow(message)
})

test('a dtype that the format has no name for is refused', async () => {
  const state = new Map([['x', tensorOf('int4', [2], new Uint8Array(1))]])
  await expect(writeSafetensors(state)).rejects.toMatchObject({ code: 'DTYPE_UNREADABLE', path: 'x' })
})
