import { vjp } from '@jax-js/jax'
import {
  Conv2d,
  type ConvAttrs,
  ConvTranspose2d,
  floatTensor,
  type PaddingMode,
  type PadPair,
} from '@nnfuse/ir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Device, type Value } from '../device.js'
import type { WayBack } from '../way-back.js'
import { conv } from './conv.js'
import { convTranspose } from './conv-transpose.js'
import { convTransposeWithWayBack } from './conv-transpose-way-back.js'
import { convWithWayBack } from './conv-way-back.js'

const wave = (seed: number, shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.7 * i))

const attrsOf = (options: object, weight: readonly number[]): ConvAttrs =>
  Conv2d({ weight: floatTensor(wave(2, weight), weight), bias: null, ...options }).attrs

const pair = fc.tuple(fc.nat(2), fc.nat(2)) as fc.Arbitrary<PadPair>
const two = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary)

const shapes = {
  groups: fc.constantFrom(1, 2, 3),
  sizes: two(fc.integer({ min: 5, max: 8 })),
  kernel: two(fc.integer({ min: 1, max: 3 })),
  stride: two(fc.integer({ min: 1, max: 3 })),
  dilation: two(fc.integer({ min: 1, max: 2 })),
  padding: fc.tuple(pair, pair),
}
const convs = fc.record({
  ...shapes,
  outputs: fc.constantFrom(3, 20),
  paddingMode: fc.constantFrom<PaddingMode>('zeros', 'circular', 'reflect', 'replicate'),
})
const transposed = fc.record({ ...shapes, inputs: fc.constantFrom(3, 4), outputPadding: two(fc.nat(1)) })

const numbers = async (value: Value): Promise<number[]> => Array.from((await value.data()) as Float32Array)

type Inputs = [x: Value, weight: Value, bias: Value]

const place = (device: Device, seed: number, shape: readonly number[]): Value =>
  device.array(wave(seed, shape), shape, 'float32')

/** Compares with what jax-js finds; tells whether there was anything to compare. */
const expectAlike = async (
  device: Device,
  inputs: Inputs,
  compute: (...inputs: Inputs) => Value,
  withWayBack: (inputs: Inputs, wanted: readonly boolean[]) => WayBack | undefined,
): Promise<boolean> => {
  const way = withWayBack(inputs, [true, true, true])
  if (way === undefined) return false
  const copies = [1, 2, 3].map((seed, i) => place(device, seed, (inputs[i] as Value).shape))
  const [value, back] = vjp(compute, copies as Inputs)
  const cotangent = place(device, 4, value.shape)
  const right = back(cotangent.ref) as unknown as Value[]
  const given = way.back(cotangent)
  expect(way.value.shape).toEqual(value.shape)
  for (const [i, one] of [value, ...right].entries()) {
    const other = [way.value, ...given][i] as Value
    expect(other.shape).toEqual(one.shape)
    const wanted = await numbers(one)
    for (const [k, number] of (await numbers(other)).entries()) {
      expect(number).toBeCloseTo(wanted[k] as number, 3)
    }
  }
  return true
}

test('gradients are those that jax-js finds by itself, where there are any', async () => {
  const device = await Device.open('wasm')
  let found = 0
  const property = fc.asyncProperty(convs, async ({ sizes, kernel, outputs, ...options }) => {
    const { groups } = options
    const weight = [outputs * groups, 2, ...kernel]
    const attrs = attrsOf(options, weight)
    const inputs = [[2, 2 * groups, ...sizes], weight, [outputs * groups]].map((shape, i) =>
      place(device, i + 1, shape),
    ) as Inputs
    const alike = await expectAlike(
      device,
      inputs,
      (x, w, b) => conv(attrs, x, w, b, device),
      (values, wanted) => convWithWayBack(attrs, values, wanted, device),
    )
    if (alike) found += 1
  })
  await fc.assert(property, { numRuns: 40 })
  expect(found).toBeGreaterThan(5)
})

test('so are those of a transposed convolution', async () => {
  const device = await Device.open('wasm')
  let found = 0
  const property = fc.asyncProperty(transposed, async ({ sizes, kernel, inputs: perGroup, ...options }) => {
    const { groups, stride, dilation, outputPadding } = options
    fc.pre(outputPadding.every((more, i) => more < Math.max(stride[i] as number, dilation[i] as number)))
    const weight = [perGroup * groups, 2, ...kernel]
    const { attrs } = ConvTranspose2d({
      ...options,
      weight: floatTensor(wave(2, weight), weight),
      bias: null,
    })
    const inputs = [[2, perGroup * groups, ...sizes], weight, [2 * groups]].map((shape, i) =>
      place(device, i + 1, shape),
    ) as Inputs
    const alike = await expectAlike(
      device,
      inputs,
      (x, w, b) => convTranspose(attrs, x, w, b),
      (values, wanted) => convTransposeWithWayBack(attrs, values, wanted, device),
    )
    if (alike) found += 1
  })
  await fc.assert(property, { numRuns: 40 })
  expect(found).toBeGreaterThan(5)
})

test('only the gradients that are wanted are computed', async () => {
  const device = await Device.open('wasm')
  const attrs = attrsOf({ bias: floatTensor([0.5, -1, 2], [3]) }, [3, 2, 2, 2])
  const inputs = [wave(1, [1, 2, 4, 4]), wave(2, [3, 2, 2, 2]), wave(3, [3])]
  const sizes = [[1, 2, 4, 4], [3, 2, 2, 2], [3]]
  const values = inputs.map((one, i) => device.array(one, sizes[i] as number[], 'float32'))
  const way = convWithWayBack(attrs, values, [false, true, false], device)
  const gradients = way?.back(device.array(wave(4, [1, 3, 3, 3]), [1, 3, 3, 3], 'float32'))
  expect(gradients?.map(({ shape }) => shape)).toEqual([[3, 2, 2, 2]])
})

test.each([
  ['one output channel a group', { groups: 3 }, [3, 2, 2, 2]],
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

test('is not for a transposed convolution that gives more than its convolution takes', async () => {
  const device = await Device.open('wasm')
  const weight = floatTensor(wave(2, [4, 2, 2, 2]), [4, 2, 2, 2])
  const { attrs } = ConvTranspose2d({ weight, dilation: 2, outputPadding: 1 })
  const values = [place(device, 1, [1, 4, 4, 4]), place(device, 2, [4, 2, 2, 2])]
  expect(convTransposeWithWayBack(attrs, values, [true, true], device)).toBeUndefined()
})
