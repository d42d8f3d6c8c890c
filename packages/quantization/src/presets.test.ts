import { expect, test } from 'vitest'
import { readGolden } from '../test/golden.js'
import { type FakeQuantizeOptions, type QuantBackend, qconfigs, quantSpec } from './index.js'

interface Format {
  readonly dtype: string
  readonly scheme: string
  readonly axis: number | null
  readonly min: number
  readonly max: number
  readonly observer: string
}

interface Preset {
  readonly backend: QuantBackend
  readonly use: 'qat' | 'calibration'
  readonly activation: Format
  readonly weight: Format
}

const { presets } = readGolden<{ presets: readonly Preset[] }>('observers')

const observers: Readonly<Record<string, string>> = {
  MovingAverageMinMaxObserver: 'moving-average',
  MovingAveragePerChannelMinMaxObserver: 'moving-average',
  HistogramObserver: 'histogram',
  MinMaxObserver: 'min-max',
  PerChannelMinMaxObserver: 'min-max',
}

const formatOf = (options: FakeQuantizeOptions): Format => {
  const { dtype, scheme, axis, min, max } = quantSpec(options)
  return { dtype, scheme, axis, min, max, observer: options.observer?.name ?? '' }
}

const named = (format: Format): Format => ({
  ...format,
  observer: observers[format.observer] ?? format.observer,
})

test.each(presets)('torch has the same for $backend, $use', ({ backend, use, activation, weight }) => {
  const config = qconfigs[use][backend]
  expect(formatOf(config.activation)).toEqual(named(activation))
  expect(formatOf(config.weight)).toEqual(named(weight))
})

test('for ONNX Runtime weights are as wide on both sides of 0', () => {
  const { activation, weight } = qconfigs.calibration.onnxruntime
  expect([formatOf(activation).min, formatOf(activation).max]).toEqual([0, 255])
  expect([formatOf(weight).min, formatOf(weight).max, formatOf(weight).axis]).toEqual([-127, 127, 0])
})
