import { expect, test } from 'vitest'
import { peekBytes, readBytes, readValues } from './read-tensor.js'
import {
  type ByteSource,
  byteLength,
  deferredTensor,
  formatTensor,
  sliceTensor,
  type Tensor,
  tensorOf,
} from './tensor.js'
import { decode, encode, floatTensor } from './tensor-values.js'

const sourceOf = (bytes: Uint8Array): ByteSource & { readonly reads: [number, number][] } => {
  const reads: [number, number][] = []
  return {
    name: 'test',
    size: bytes.length,
    reads,
    read: (offset, length) => {
      reads.push([offset, length])
      return Promise.resolve(bytes.subarray(offset, offset + length))
    },
  }
}

test('a tensor whose bytes do not fit its shape is refused', () => {
  expect(() => tensorOf('float32', [2, 2], new Uint8Array(15))).toThrow(
    'a float32 tensor of shape [2, 2] needs 16 bytes but has 15',
  )
})

test('sub-byte types are packed, scalars have one element', () => {
  expect(byteLength({ dtype: 'int4', shape: [3] })).toBe(2)
  expect(byteLength({ dtype: 'float64', shape: [] })).toBe(8)
  expect(formatTensor({ dtype: 'int8', shape: [1, 2] })).toBe('int8[1, 2]')
})

test('a slice reads exactly its own bytes, at any alignment, and only when asked', async () => {
  const source = sourceOf(new Uint8Array([9, ...encode([1.5, -2], 'float32'), 9]))
  const tensor = sliceTensor('float32', [2], source, 1)
  expect(peekBytes(tensor)).toBeUndefined()
  expect(source.reads).toEqual([])
  expect([...(await readValues(tensor))]).toEqual([1.5, -2])
  expect(source.reads).toEqual([[1, 8]])
})

test('a deferred tensor is computed from its inputs when it is read', async () => {
  const sum = deferredTensor(
    'float32',
    [2],
    [floatTensor([1, 2], [2]), floatTensor([10, 20], [2])],
    (a, b) => {
      const [x, y] = [decode(a as Uint8Array, 'float32'), decode(b as Uint8Array, 'float32')]
      return encode([Number(x[0]) + Number(y[0]), Number(x[1]) + Number(y[1])], 'float32')
    },
  )
  expect([...(await readValues(sum))]).toEqual([11, 22])
})

test('a compute function that gives the wrong number of bytes is caught', async () => {
  const wrong = deferredTensor('float32', [2], [], () => new Uint8Array(4))
  await expect(readBytes(wrong)).rejects.toMatchObject({ code: 'TENSOR_SIZE' })
})

test('a chain of 100,000 deferred tensors is evaluated without running out of stack', async () => {
  let tensor: Tensor = floatTensor([0], [1])
  for (let i = 0; i < 100_000; i += 1) {
    tensor = deferredTensor('float32', [1], [tensor], (bytes) =>
      encode([Number(decode(bytes as Uint8Array, 'float32')[0]) + 1], 'float32'),
    )
  }
  expect(Number((await readValues(tensor))[0])).toBe(100_000)
})

test('what is used twice is computed once, however deep', async () => {
  let computed = 0
  let tensor: Tensor = floatTensor([1], [1])
  for (let i = 0; i < 100; i += 1) {
    tensor = deferredTensor('float32', [1], [tensor, tensor], (a, b) => {
      computed += 1
      const [x, y] = [decode(a as Uint8Array, 'float32'), decode(b as Uint8Array, 'float32')]
      return encode([Number(x[0]) + Number(y[0])], 'float32')
    })
  }
  expect(Number((await readValues(tensor))[0])).toBe(2 ** 100)
  expect(computed).toBe(100)
})

test('tensors of types that pass through unread say so', () => {
  expect(() => decode(new Uint8Array(1), 'float8e4m3fn')).toThrow('float8e4m3fn tensors pass through unread')
})

test('int64 values come as bigint', async () => {
  const tensor = tensorOf('int64', [2], encode([1, -1], 'int64'))
  expect([...(await readValues(tensor))]).toEqual([1n, -1n])
})
