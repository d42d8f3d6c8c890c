import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBfloat16Bits, fromFloat16Bits, roundTo, toBfloat16Bits, toFloat16Bits } from './float-format.js'

const allBits = Array.from({ length: 0x10000 }, (_, bits) => bits)

describe.each([
  { name: 'float16', toBits: toFloat16Bits, fromBits: fromFloat16Bits },
  { name: 'bfloat16', toBits: toBfloat16Bits, fromBits: fromBfloat16Bits },
] as const)('$name', ({ name, toBits, fromBits }) => {
  test('every number that is one of its values keeps its bits', () => {
    const changed = allBits.filter((bits) => !Number.isNaN(fromBits(bits)) && toBits(fromBits(bits)) !== bits)
    expect(changed).toEqual([])
  })

  test('every NaN stays one', () => {
    const nans = allBits.filter((bits) => Number.isNaN(fromBits(bits)))
    expect(nans.length).toBeGreaterThan(100)
    expect(nans.every((bits) => Number.isNaN(fromBits(toBits(fromBits(bits)))))).toBe(true)
  })

  test('a tie goes to the even neighbour, anything else to the nearest', () => {
    const positive = allBits.filter((bits) => bits < 0x7000)
    const wrong = positive.filter((bits) => {
      const [low, high] = [fromBits(bits), fromBits(bits + 1)]
      const middle = (low + high) / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      const [below, above] = [low + (middle - low) * 0.75, middle + (high - middle) * 0.25]
      return toBits(middle) !== even || toBits(below) !== bits || toBits(above) !== bits + 1
    })
    expect(wrong).toEqual([])
  })

  test('rounding twice is rounding once', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (x) => {
        const once = roundTo[name](x)
        expect(roundTo[name](once)).toBe(once)
      }),
    )
  })
})

test('float16 overflows to infinity from 65520 on', () => {
  expect([65519.99, 65520, -65520, 1e9].map(roundTo.float16)).toEqual([
    65504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ])
})

test('signed zero keeps its sign', () => {
  expect(Object.is(roundTo.float16(-0), -0)).toBe(true)
  expect(Object.is(roundTo.bfloat16(-0), -0)).toBe(true)
})
