import { describe, expect, test } from 'vitest'
import { readGolden } from '../test/golden.js'
import { calculateQParams, type QuantSpecOptions, quantSpec } from './index.js'

type Result = readonly [min: number, max: number, scale: number, zeroPoint: number]

interface QParamsCase extends QuantSpecOptions {
  readonly quantMin: number
  readonly quantMax: number
  readonly results: readonly Result[]
}

const { qparams } = readGolden<{ qparams: readonly QParamsCase[] }>('observers')

const specOf = ({ dtype, scheme, reduceRange, min, max }: QParamsCase) =>
  quantSpec({
    dtype,
    ...(scheme && { scheme }),
    ...(reduceRange && { reduceRange }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  })

const name = ({ dtype, scheme, reduceRange, min, max }: QParamsCase): string =>
  [dtype, scheme, reduceRange ? 'reduced' : '', min ?? '', max ?? ''].join(' ')

describe('scales and zero points are the bits that torch gives', () => {
  test.each(qparams.map((one) => [name(one), one] as const))('%s', (_, one) => {
    const spec = specOf(one)
    expect([spec.min, spec.max]).toEqual([one.quantMin, one.quantMax])
    for (const [min, max, scale, zeroPoint] of one.results) {
      const made = calculateQParams({ min: [min], max: [max] }, spec)
      expect([min, max, made.scale[0], made.zeroPoint[0]]).toEqual([min, max, scale, zeroPoint])
    }
  })
})

test('nothing observed: scale 1 and zero point 0', () => {
  const { scale, zeroPoint } = calculateQParams(null, quantSpec({ dtype: 'uint8' }))
  expect([...scale, ...zeroPoint]).toEqual([1, 0])
})

test('symmetric uint8 over half the range has its zero point in the middle of that, where torch refuses', () => {
  const spec = quantSpec({ dtype: 'uint8', scheme: 'symmetric', reduceRange: true })
  const { scale, zeroPoint } = calculateQParams({ min: [-1], max: [1] }, spec)
  expect([...scale, ...zeroPoint]).toEqual([Math.fround(1 / 63.5), 64])
})

test('4 bits have 16 numbers', () => {
  const signed = calculateQParams(
    { min: [-3], max: [1.5] },
    quantSpec({ dtype: 'int4', scheme: 'symmetric' }),
  )
  expect([...signed.scale, ...signed.zeroPoint]).toEqual([Math.fround(3 / 7.5), 0])
  const unsigned = calculateQParams({ min: [-3], max: [1.5] }, quantSpec({ dtype: 'uint4' }))
  expect([...unsigned.scale, ...unsigned.zeroPoint]).toEqual([Math.fround(4.5 / 15), 10])
})

// As torch's FakeQuantize refuses them when it is made.
test.each<[string, QuantSpecOptions]>([
  ['the range 5 to -5 is empty', { dtype: 'int8', min: 5, max: -5 }],
  ['the range -129 to 127 is not within int8', { dtype: 'int8', min: -129 }],
  ['the range 0 to 256 is not within uint8', { dtype: 'uint8', max: 256 }],
  ['the range 1 to 100 does not hold 0', { dtype: 'int8', min: 1, max: 100 }],
  ['the range 3 to 3 is empty', { dtype: 'int8', min: 3, max: 3 }],
  ['the range must be integers', { dtype: 'int8', max: 1.5 }],
  ['float8 is none of', { dtype: 'float8' as 'int8' }],
])('refuses: %s', (message, options) => {
  expect(() => quantSpec(options)).toThrow(
    expect.objectContaining({ code: 'BAD_QUANT_SPEC', message: expect.stringContaining(message) }),
  )
})
