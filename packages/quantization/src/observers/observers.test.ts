import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawn, numbersOf, readGolden } from '../../test/golden.js'
import {
  calculateQParams,
  type Histogram,
  histogram,
  minMax,
  movingAverage,
  type Observer,
  percentile,
  type QuantDType,
  type QuantScheme,
  quantSpec,
  type Range,
} from '../index.js'
import { searchRange } from './search-range.js'

interface ObserverCase {
  readonly observer: 'minMax' | 'movingAverage'
  readonly dtype: QuantDType
  readonly scheme: QuantScheme
  readonly axis?: number
  readonly averagingConstant?: number
  readonly shapes: readonly (readonly number[])[]
  readonly minVal: readonly number[]
  readonly maxVal: readonly number[]
  readonly scale: readonly number[]
  readonly zeroPoint: readonly number[]
}

interface HistogramCase {
  readonly data: string
  readonly counts: readonly number[]
  readonly minVal: number
  readonly maxVal: number
  readonly newMin: number
  readonly newMax: number
}

const golden = readGolden<{
  readonly observers: readonly ObserverCase[]
  readonly histograms: readonly HistogramCase[]
}>('observers')

const describeCase = ({ observer, dtype, scheme, axis, averagingConstant }: ObserverCase): string =>
  [observer, averagingConstant ?? '', dtype, scheme, axis === undefined ? '' : `axis ${axis}`].join(' ')

const observerOf = ({ observer, averagingConstant }: ObserverCase): Observer<Range> =>
  observer === 'minMax' || averagingConstant === undefined ? minMax() : movingAverage({ averagingConstant })

test.each(golden.observers.map((one) => [describeCase(one), one] as const))(
  'after three batches as in torch: %s',
  async (_, one) => {
    const observer = observerOf(one)
    let state: Range | null = null
    for (const [k, shape] of one.shapes.entries()) {
      const values = await numbersOf(drawn(31 + k, shape, (x) => x * (1 + 0.5 * k)))
      state = observer.observe(state, values, shape, one.axis ?? null)
    }
    const spec = quantSpec({ dtype: one.dtype, scheme: one.scheme })
    const { scale, zeroPoint } = calculateQParams(observer.range(state, spec), spec)
    expect(state).toEqual({ min: one.minVal, max: one.maxVal })
    expect([[...scale], [...zeroPoint]]).toEqual([one.scale, one.zeroPoint])
  },
)

test.each(golden.histograms.map((one) => [`${one.data} ${one.counts.length}`, one] as const))(
  'of the same histogram the search keeps the bins that torch keeps: %s',
  (_, { counts, minVal, maxVal, newMin, newMax }) => {
    const width = (maxVal - minVal) / counts.length
    const [start, end] = searchRange(counts, width, 256)
    expect(minVal + start * width).toBeCloseTo(newMin, 5)
    expect(minVal + (end + 1) * width).toBeCloseTo(newMax, 5)
  },
)

const int8 = quantSpec({ dtype: 'int8' })
const seen = <S>(observer: Observer<S>, ...batches: readonly (readonly number[])[]): S | null =>
  batches.reduce<S | null>((state, batch) => observer.observe(state, batch, [batch.length], null), null)

/** float32 values of very different sizes. */
const values = fc.array(
  fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.float({ min: -4, max: 4, noNaN: true })),
  { maxLength: 40 },
)
const batches = fc.array(values, { minLength: 1, maxLength: 6 })

describe.each([
  ['min-max', minMax() as Observer],
  ['histogram', histogram({ bins: 64 }) as Observer],
  ['percentile', percentile({ bins: 64, percentile: 90 }) as Observer],
])('%s', (_, observer) => {
  test('shards merge to what one machine would have seen, in any order and grouping', () => {
    fc.assert(
      fc.property(batches, fc.nat(), (given, pivot) => {
        const whole = seen(observer, ...given)
        const states = given.map((batch) => seen(observer, batch))
        const at = pivot % (given.length + 1)
        const turned = [...states.slice(at), ...states.slice(0, at)].reverse()
        const merge = (list: readonly unknown[]) => list.reduce((a, b) => observer.merge(a, b), null)
        expect(merge(states)).toEqual(whole)
        expect(merge(turned)).toEqual(whole)
        expect(observer.merge(merge(states.slice(0, at)), merge(states.slice(at)))).toEqual(whole)
        expect(seen(observer, given.flat())).toEqual(whole)
      }),
    )
  })

  test('a state is JSON data', () => {
    fc.assert(
      fc.property(batches, (given) => {
        const state = seen(observer, ...given.map((batch) => batch.map((x) => x + 0)))
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      }),
    )
  })

  test('nothing changes by no values and by infinities; NaN is refused', () => {
    const state = seen(observer, [1, 2])
    expect(observer.observe(state, [], [0], null)).toEqual(state)
    expect(observer.observe(state, [Number.POSITIVE_INFINITY], [1], null)).toEqual(state)
    expect(seen(observer, [1, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY])).toEqual(state)
    expect(observer.observe(null, [], [0, 3], null)).toBeNull()
    expect(observer.range(null, int8)).toBeNull()
    expect(() => observer.observe(state, [Number.NaN], [1], null)).toThrow(
      expect.objectContaining({ code: 'NAN_OBSERVED' }),
    )
  })
})

test('shards of channels merge, too, in any order', () => {
  const rows = fc.array(fc.tuple(fc.float({ noNaN: true }), fc.float({ noNaN: true })), {
    minLength: 1,
    maxLength: 8,
  })
  const observed = (list: readonly (readonly number[])[]): Range | null =>
    minMax().observe(null, list.flat(), [list.length, 2], 1)
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (shards) => {
      const finite = shards.map((shard) => shard.filter((row) => row.every(Number.isFinite)))
      const states = finite.map(observed)
      const merged = (list: readonly (Range | null)[]) => list.reduce((a, b) => minMax().merge(a, b), null)
      const all = finite.flat()
      const whole = all.length === 0 ? null : observed(all)
      expect(merged(states)).toEqual(whole)
      expect(merged([...states].reverse())).toEqual(whole)
    }),
  )
})

test('a moving average with constant 1 forgets all but the newest, as a memoryless observer', () => {
  const observer = movingAverage({ averagingConstant: 1 })
  expect(seen(observer, [-9, 9], [-0.25, 2])).toEqual({ min: [-0.25], max: [2] })
})

test('moving averages do not merge, but with an observer that has seen nothing', () => {
  const observer = movingAverage()
  const state = seen(observer, [1])
  expect(observer.merge(state, null)).toBe(state)
  expect(() => observer.merge(state, state)).toThrow(expect.objectContaining({ code: 'CANNOT_MERGE' }))
})

test('states of different numbers of channels do not merge', () => {
  const [two, three] = [2, 3].map((n) => minMax().observe(null, new Array(n).fill(1), [n], 0))
  expect(() => minMax().merge(two as Range, three as Range)).toThrow(
    expect.objectContaining({ code: 'CANNOT_MERGE' }),
  )
})

describe('histogram', () => {
  const total = ({ counts }: Histogram): number => counts.reduce((a, b) => a + b, 0)

  test('counts every value once, in bins that are as narrow as their number allows', () => {
    fc.assert(
      fc.property(values, (given) => {
        fc.pre(given.length > 0)
        const state = seen(histogram({ bins: 64 }), given) as Histogram
        expect(total(state)).toBe(given.length)
        expect(state.counts.length).toBeLessThanOrEqual(64)
        expect([state.min, state.max]).toEqual([Math.min(...given), Math.max(...given)])
        if (state.min !== state.max && state.exponent > -149) expect(state.counts.length).toBeGreaterThan(31)
      }),
    )
  })

  test('leaves out an outlier that would cost all others their precision', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => Math.sin(i))
    const int4 = quantSpec({ dtype: 'int4' })
    const { min, max } = histogram().range(seen(histogram(), [...many, 30]), int4) as Range
    expect(min[0]).toBeLessThan(-0.9)
    expect(max[0]).toBeLessThan(2)
  })

  test('is close to what torch makes of the same values', async () => {
    const data = await numbersOf(drawn(43, [4000], (x) => Math.fround(x) ** 3))
    const { min, max } = histogram().range(seen(histogram(), data), int8) as Range
    const torch = golden.histograms.find((one) => one.data === 'cubed' && one.counts.length === 512)
    expect(Math.abs((min[0] as number) - (torch?.newMin ?? 0))).toBeLessThan(0.02)
    expect(Math.abs((max[0] as number) - (torch?.newMax ?? 0))).toBeLessThan(0.02)
  })

  // torch's test_histogram_observer_one_sided
  test('of values of one sign has its zero point at the end', () => {
    const spec = quantSpec({ dtype: 'uint8', reduceRange: true })
    const state = seen(histogram({ bins: 8 }), [0, 0.3, 1.2, 1.7])
    const { scale, zeroPoint } = calculateQParams(histogram().range(state, spec), spec)
    expect(zeroPoint[0]).toBe(0)
    expect(scale[0]).toBeLessThanOrEqual(Math.fround(1.7) / 127)
  })

  // torch's test_histogram_observer_single_inputs, _same_inputs
  test('of one value, however often it was seen, is that value', () => {
    for (const value of [1, -0.3, 0, 1e-30, 3e38]) {
      const at = [Math.fround(value)]
      const state = seen(histogram(), [value, value], [value])
      expect(histogram().range(state, int8)).toEqual({ min: at, max: at })
    }
  })

  // torch's test_histogram_observer_extreme_inputs, _handle_close_to_infinity, _handle_OOM_due_to_close_min_max_value
  test('has as few bins and a range within what was seen, however far or close values are', () => {
    const far = [
      [1e-38, 3.4e38],
      [-1.6e38, 1.6e38],
      [1, 1 + 2 ** -23],
      [0, 1e-45],
      [2048, 2048.0001, 1e-6],
    ]
    for (const one of far) {
      const values = one.map(Math.fround)
      const state = seen(histogram(), values) as Histogram
      expect(state.counts.length).toBeLessThanOrEqual(4096)
      const { min, max } = histogram().range(state, int8) as Range
      expect(min[0]).toBeGreaterThanOrEqual(Math.min(...values))
      expect(max[0]).toBeLessThanOrEqual(Math.max(...values))
      const { scale } = calculateQParams({ min, max }, int8)
      expect(Number.isFinite(scale[0]) && (scale[0] as number) > 0).toBe(true)
    }
  })

  test('is for one range a tensor', () => {
    expect(() => histogram().observe(null, [1, 2], [2], 0)).toThrow(
      expect.objectContaining({ code: 'BAD_OBSERVER' }),
    )
  })
})

test('a percentile leaves out so many values at either end', () => {
  const data = Array.from({ length: 10_000 }, (_, i) => i / 10_000)
  const observer = percentile({ percentile: 90 })
  const { min, max } = observer.range(seen(observer, data), int8) as Range
  expect(min[0]).toBeCloseTo(0.05, 3)
  expect(max[0]).toBeCloseTo(0.95, 3)
  const few = percentile({ percentile: 80 })
  const range = few.range(seen(few, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), int8) as Range
  expect(range.min[0]).toBe(1)
  expect(range.max[0]).toBeCloseTo(8, 2)
  const all = percentile({ percentile: 100 })
  expect(all.range(seen(all, data), int8)).toEqual({ min: [0], max: [Math.fround(0.9999)] })
})

test.each([
  ['averaging constant', () => movingAverage({ averagingConstant: 0 })],
  ['bins', () => histogram({ bins: 1 })],
  ['percentile', () => percentile({ percentile: 101 })],
])('refuses a %s out of range', (_, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'BAD_OBSERVER' }))
})
