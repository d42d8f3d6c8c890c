import type { FakeQuantizeOptions } from './fake-quantize.js'
import { histogram } from './observers/histogram.js'
import { minMax } from './observers/min-max.js'
import { movingAverage } from './observers/moving-average.js'
import type { QConfig } from './qconfig.js'

/** Runtimes whose integer kernels want quantized models in ways of their own. */
export type QuantBackend = 'x86' | 'qnnpack' | 'onednn' | 'onnxruntime'

/** What a backend's kernels take, without observers. */
interface Formats {
  readonly activation: FakeQuantizeOptions
  readonly weight: FakeQuantizeOptions
}

const uint8: FakeQuantizeOptions = { dtype: 'uint8', scheme: 'affine' }
const int8: FakeQuantizeOptions = { dtype: 'int8', scheme: 'symmetric' }
const perChannel = { axis: 0 }

const formats: { readonly [B in QuantBackend]: Formats } = {
  // fbgemm's kernels add two products in 16 bits: half the range keeps them from overflowing.
  x86: { activation: { ...uint8, reduceRange: true }, weight: { ...int8, ...perChannel } },
  qnnpack: { activation: uint8, weight: int8 },
  onednn: { activation: uint8, weight: { ...int8, ...perChannel } },
  // As its own quantizer does it: -128 is left out, so that the range is as wide on both sides.
  onnxruntime: { activation: uint8, weight: { ...int8, ...perChannel, min: -127, max: 127 } },
}

const observedBy = (
  activation: FakeQuantizeOptions['observer'],
  weight: FakeQuantizeOptions['observer'],
): { readonly [B in QuantBackend]: QConfig } => {
  const config = (backend: QuantBackend): QConfig => ({
    activation: { ...formats[backend].activation, ...(activation && { observer: activation }) },
    weight: { ...formats[backend].weight, ...(weight && { observer: weight }) },
  })
  return {
    x86: config('x86'),
    qnnpack: config('qnnpack'),
    onednn: config('onednn'),
    onnxruntime: config('onnxruntime'),
  }
}

/**
 * A qconfig for each backend: `qat` for training, with torch's defaults (version 0); `calibration` for quantizing a
 * model that is trained already.
 */
export const qconfigs: {
  readonly qat: { readonly [B in QuantBackend]: QConfig }
  readonly calibration: { readonly [B in QuantBackend]: QConfig }
} = {
  qat: observedBy(movingAverage(), movingAverage()),
  calibration: observedBy(histogram(), minMax()),
}
