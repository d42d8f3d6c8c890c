import { vjp } from '@jax-js/jax'
import { Conv2d, type ConvAttrs, floatTensor, type PadPair } from '@nnfuse/ir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Device, type Value } from '../device.js'
import { conv } from './conv.js'
import { convWithWayBack } from './conv-way-back.js'

const wave = (seed: number, shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.7 * i))

const attrsOf = (options: object, weight: readonly number[]): ConvAttrs =>
  Conv2d({ weight: floatTensor(wave(2, weight), weight), bias: floatTensor([0.5, -1, 2], [3]), ...options })
    .attrs

const pair = fc.tuple(fc.nat(2), fc.nat(2)) as fc.Arbitrary<PadPair>
const two = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary)

const cases = fc.record({
  sizes: two(fc.integer({ min: 5, max: 8 })),
  kernel: two(fc.integer({ min: 1, max: 3 })),
  stride: two(fc.integer({ min: 1, max: 3 })),
  dilation: two(fc.integer({ min: 1, max: 2 })),
  padding: fc.tuple(pair, pair),
})

const numbers = async (value: Value): Promise<number[]> => Array.from((await value.data()) as Float32Array)

test('gradients are those that jax-js finds by itself, where there are any', async () => {
  const device = await Device.open('wasm')
  const place = (seed: number, shape: readonly number[]): Value =>
    device.array(wave(seed, shape), shape, 'float32')
  let found = 0
  const property = fc.asyncProperty(cases, async ({ sizes, kernel, ...options }) => {
    const weight = [3, 2, ...kernel]
    const attrs = attrsOf(options, weight)
    const inputs = [place(1, [2, 2, ...sizes]), place(2, weight), place(3, [3])] as [Value, Value, Value]
    const [value, back] = vjp(
      (x, w, b) => conv(attrs, x, w, b, device),
      inputs.map(({ ref }) => ref) as typeof inputs,
    )
    const way = convWithWayBack(attrs, inputs, [true, true, true], device)
    if (way === undefined) return
    found += 1
    const cotangent = place(4, value.shape)
    const right = back(cotangent.ref) as unknown as Value[]
    const given = way.back(cotangent)
    expect(await numbers(way.value)).toEqual(await numbers(value))
    for (const [i, one] of right.entries()) {
      expect(given[i]?.shape).toEqual(one.shape)
      const wanted = await numbers(one)
      for (const [k, number] of (await numbers(given[i] as Value)).entries()) {
        expect(number).toBeCloseTo(wanted[k] as number, 3)
      }
    }
  })
  await fc.assert(property, { numRuns: 40 })
  expect(found).toBeGreaterThan(5)
})

test('only the gradients that are wanted are computed', async () => {
  const device = await Device.open('wasm')
  const attrs = attrsOf({}, [3, 2, 2, 2])
  const inputs = [wave(1, [1, 2, 4, 4]), wave(2, [3, 2, 2, 2]), wave(3, [3])]
  const shapes = [[1, 2, 4, 4], [3, 2, 2, 2], [3]]
  const values = inputs.map((one, i) => device.array(one, shapes[i] as number[], 'float32'))
  const way = convWithWayBack(attrs, values, [false, true, false], device)
  const gradients = way?.back(device.array(wave(4, [1, 3, 3, 3]), [1, 3, 3, 3], 'float32'))
  expect(gradients?.map(({ shape }) => shape)).toEqual([[3, 2, 2, 2]])
})

test.each([
  ['groups', { groups: 3 }, [3, 2, 2, 2]],
  [
    'other padding than zeros',
    {
      padding: [
        [1, 1],
        [1, 1],
      ],
      paddingMode: 'reflect',
    },
    [3, 2, 2, 2],
  ],
  [
    'padding beyond the window',
    {
      padding: [
        [2, 0],
        [0, 0],
      ],
    },
    [3, 2, 2, 2],
  ],
])('is not for %s', async (_, options, weight) => {
  const device = await Device.open('wasm')
  const attrs = attrsOf(options, weight)
  const shape = [1, 2 * attrs.groups, 4, 4]
  const [x, w] = [wave(1, shape), wave(2, weight)]
  const values = [device.array(x, shape, 'float32'), device.array(w, weight, 'float32')]
  expect(convWithWayBack(attrs, values, [true, true], device)).toBeUndefined()
})
