import { bitsPerElement, decodeFloats, encode, type FloatDType } from '@nnfuse/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leadingChannels, transposedChannels } from './blocks.js'
import { jsKernel } from './js-kernel.js'
import { scaleBlocks, scaleBlocksWith } from './scale-blocks.js'
import { wasmKernel } from './wasm-kernel.js'

const plain = jsKernel()
const wasm = wasmKernel()

const scaled = (
  dtype: FloatDType,
  values: ArrayLike<number>,
  factor: number,
): Float32Array | Float64Array => {
  const bytes = encode(values, dtype)
  scaleBlocks(dtype, [factor], leadingChannels([1, values.length]))(bytes, 0)
  return decodeFloats(bytes, dtype)
}

/** Every 16-bit pattern. */
const everyHalf = (): Uint8Array => new Uint8Array(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).buffer)

const numbers = (bytes: Uint8Array, dtype: FloatDType): number[] => Array.from(decodeFloats(bytes, dtype))

const kernels: readonly FloatDType[] = ['float32', 'float16', 'bfloat16']

test('there is WebAssembly with vectors where these tests run, so that what follows compares two kernels', () => {
  expect(wasm).toBeDefined()
})

describe.each(kernels)('%s', (dtype) => {
  const runBoth = (bytes: Uint8Array, factor: number): [Uint8Array, Uint8Array] => {
    const size = (bytes.length * 8) / bitsPerElement[dtype]
    const results = [wasm ?? plain, plain].map((kernel) => {
      const copy = new Uint8Array(bytes)
      scaleBlocksWith(kernel, dtype, Float64Array.of(Math.fround(factor)), size)(copy, 0)
      return copy
    })
    return results as [Uint8Array, Uint8Array]
  }

  test.each([1, -1, 0, 0.5, 3, 1e-7, 1e-30, 1e-40, 65504, 1.0009765625, 1e30, Number.POSITIVE_INFINITY])(
    'both kernels agree on every 16-bit pattern times %d',
    (factor) => {
      const [fast, slow] = runBoth(everyHalf(), factor)
      expect(numbers(fast, dtype)).toEqual(numbers(slow, dtype))
    },
  )

  test('both kernels agree on any bytes and any factor', () => {
    const factors = fc.float({ noNaN: true })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 510, maxLength: 600 }), factors, (bytes, factor) => {
        const [fast, slow] = runBoth(bytes.subarray(0, bytes.length - (bytes.length % 4)), factor)
        expect(numbers(fast, dtype)).toEqual(numbers(slow, dtype))
      }),
    )
  })
})

test.each([
  ['float32', 1 + 2 ** -23, 1 + 2 ** -23, 1 + 2 ** -22],
  ['float64', 1 + 2 ** -52, 3, 3 + 2 ** -50], // 3 + 3 * 2^-52 lies between two doubles, nearer to the upper
  ['float16', 1 + 2 ** -10, 1 + 2 ** -10, 1 + 2 ** -9],
  ['bfloat16', 1 + 2 ** -7, 1 + 2 ** -7, 1 + 2 ** -6],
] as const)('%s: %d times %d is rounded to nearest', (dtype, value, factor, product) => {
  const values = new Float64Array(100).fill(value)
  expect(Array.from(scaled(dtype, values, factor))).toEqual(Array.from({ length: 100 }, () => product))
})

test('a factor that is no float32 is not rounded to one', () => {
  const factor = 1 + 2 ** -24 // as a float32, 1
  expect(
    scaled(
      'float32',
      Array.from({ length: 64 }, () => 3),
      factor,
    )[0],
  ).toBe(3 + 2 ** -22)
})

/** Element by element, without parts, windows or kernels. */
const byHand = (
  values: readonly number[],
  factors: readonly number[],
  channelOf: (element: number) => number,
): number[] => values.map((value, i) => Math.fround(value * (factors[channelOf(i)] as number)))

test('parts of any size give what the whole gives, wherever blocks begin', () => {
  const shape = fc.tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 40 }),
  )
  fc.assert(
    fc.property(shape, fc.integer({ min: 1, max: 50 }), ([out, inner, kernel], elementsPerPart) => {
      const size = inner * kernel
      const values = Array.from({ length: out * size }, (_, i) => i - 7)
      const factors = Array.from({ length: out }, (_, i) => Math.fround(i / 3 - 0.5))
      const bytes = encode(values, 'float32')
      const change = scaleBlocks('float32', factors, leadingChannels([out, inner, kernel]))
      for (let at = 0; at < bytes.length; at += 4 * elementsPerPart)
        change(bytes.subarray(at, at + 4 * elementsPerPart), at)
      expect(numbers(bytes, 'float32')).toEqual(byHand(values, factors, (i) => Math.floor(i / size)))
    }),
  )
})

test('a weight larger than the window, at an address that no float may have', () => {
  const shape = [3, 200_000]
  const values = Array.from({ length: 600_000 }, (_, i) => i % 1000)
  const bytes = new Uint8Array(2_400_003).subarray(3)
  bytes.set(encode(values, 'float32'))
  scaleBlocks('float32', [2, 0.1, -1].map(Math.fround), leadingChannels(shape))(bytes, 0)
  const got = decodeFloats(bytes, 'float32')
  const factors = [2, Math.fround(0.1), -1]
  const wanted = byHand(values, factors, (i) => Math.floor(i / 200_000))
  expect(wanted.findIndex((value, i) => !Object.is(got[i] === 0 ? 0 : got[i], value === 0 ? 0 : value))).toBe(
    -1,
  )
})

test('a channel for each of very many narrow elements', () => {
  const factors = Float32Array.from({ length: 600_000 }, (_, i) => i % 7)
  const bytes = encode(new Float32Array(600_000).fill(2), 'float16')
  scaleBlocks('float16', factors, leadingChannels([600_000]))(bytes, 0)
  expect(decodeFloats(bytes, 'float16')).toEqual(factors.map((factor) => 2 * factor))
})

test('a block that is larger than any window, part by part from its middle', () => {
  const bytes = encode(new Float32Array(8).fill(1), 'float32')
  scaleBlocks('float32', [3, 5], { size: 2 ** 30, spread: (factors) => factors })(bytes, 2 ** 32 - 16)
  expect(Array.from(decodeFloats(bytes, 'float32'))).toEqual([3, 3, 3, 3, 5, 5, 5, 5])
})

test('transposed convolutions: channels lie along the second axis, group after group', () => {
  const blocks = transposedChannels([4, 3, 2], 2) // 2 groups of 2 inputs and 3 outputs
  expect(blocks.size).toBe(2)
  const channels = Array.from(blocks.spread(Float64Array.of(0, 1, 2, 3, 4, 5)))
  expect(channels).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
})

test('a weight without elements stays one', () => {
  const nothing = new Uint8Array(0)
  scaleBlocks('float32', [], leadingChannels([0, 3, 3]))(nothing, 0)
  expect(nothing).toHaveLength(0)
})
