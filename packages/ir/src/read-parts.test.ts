import { expect, test } from 'vitest'
import { partReader } from './read-parts.js'
import { readBytes, readValues } from './read-tensor.js'
import { type ByteSource, deferredTensor, elementwiseTensor, sliceTensor, type Tensor } from './tensor.js'
import { decode, encode, floatTensor } from './tensor-values.js'

const numbers = Float32Array.from({ length: 100 }, (_, i) => i)

/** Adds a number that is itself a tensor to every element. */
const plus = (source: Tensor, number: Tensor): Tensor =>
  elementwiseTensor(source, [number], (bytes) => {
    const [added = 0] = decode(bytes as Uint8Array, 'float32') as Float32Array
    return (part) =>
      part.set(
        encode(
          Float32Array.from(decode(part, 'float32') as Float32Array, (value) => value + added),
          'float32',
        ),
      )
  })

const inParts = async (tensor: Tensor, size: number): Promise<Uint8Array> => {
  const whole = await readBytes(tensor)
  const read = await partReader(tensor)
  const result = new Uint8Array(whole.length)
  for (let at = 0; at < result.length; at += size) await read(result.subarray(at, at + size), at)
  return result
}

const memory = floatTensor(numbers, [100])
const asked: number[] = []
const source: ByteSource = {
  name: 'a file',
  size: 404,
  read: (offset, length) => {
    asked.push(length)
    const all = new Uint8Array(404)
    all.set(encode(numbers, 'float32'), 4)
    return Promise.resolve(all.subarray(offset, offset + length))
  },
}
const sliced = sliceTensor('float32', [100], source, 4)
const one = floatTensor([1], [1])

test.each<[string, Tensor, (i: number) => number]>([
  ['in memory', memory, (i) => i],
  ['in a file', sliced, (i) => i],
  [
    'computed',
    deferredTensor('float32', [100], [memory], (bytes) => new Uint8Array(bytes as Uint8Array)),
    (i) => i,
  ],
  ['changed element by element', plus(memory, one), (i) => i + 1],
  ['changed several times, also by what is changed', plus(plus(sliced, one), plus(one, one)), (i) => i + 3],
])('a tensor %s gives the same in parts of any size', async (_, tensor, value) => {
  const wanted = Float32Array.from(numbers, (_, i) => value(i))
  expect(await readValues(tensor)).toEqual(wanted)
  for (const size of [4, 16, 48, 400]) expect(decode(await inParts(tensor, size), 'float32')).toEqual(wanted)
})

test('what is changed element by element is read as it is needed, and its source stays what it was', async () => {
  asked.length = 0
  const read = await partReader(plus(sliced, one))
  const part = new Uint8Array(16)
  await read(part, 32)
  expect(asked).toEqual([16])
  expect(decode(part, 'float32')).toEqual(Float32Array.of(9, 10, 11, 12))
  await readBytes(plus(memory, one))
  expect(await readValues(memory)).toEqual(numbers)
})

test('a source that can fill bytes is asked to', async () => {
  const filling: ByteSource = {
    ...source,
    read: () => Promise.reject(new Error('new bytes are not needed')),
    readInto: (offset, target) => {
      target.fill(offset)
      return Promise.resolve()
    },
  }
  const target = new Uint8Array(8)
  await (await partReader(sliceTensor('uint8', [8], filling, 3)))(target, 0)
  expect(target).toEqual(new Uint8Array(8).fill(3))
})
