export { calculateQParams, type QParamNumbers } from './calculate-qparams.js'
export { calibrate } from './calibrate.js'
export { type ConvertOptions, convert, toFloat } from './convert.js'
export { type EdgeLayers, edgeLayers } from './edge-layers.js'
export {
  FakeQuantize,
  type FakeQuantizeAttrs,
  type FakeQuantizeModule,
  type FakeQuantizeOptions,
} from './fake-quantize.js'
export { freezeBatchNormStats, updateBatchNormStats } from './freeze.js'
export type { DynamicLinearAttrs, DynamicLinearModule } from './kinds/dynamic-linear.js'
export { type QatKind, type QatModule, type QatParts, qatKind } from './kinds/qat-layers.js'
export { isQatModule, qatKinds } from './kinds/qat-table.js'
export {
  type Quantized,
  type QuantizedAttrs,
  type QuantizedKind,
  type QuantizedModule,
  type QuantizedParts,
  quantizedKind,
} from './kinds/quantized-layers.js'
export { type LayerSensitivity, layerSensitivity } from './layer-sensitivity.js'
export { mergeObserverStates, type ObserverState, observerStates } from './observer-states.js'
export { fixedRange } from './observers/fixed-range.js'
export { type Histogram, type HistogramOptions, histogram } from './observers/histogram.js'
export { minMax } from './observers/min-max.js'
export { type MovingAverageOptions, movingAverage } from './observers/moving-average.js'
export type { Observer, Range } from './observers/observer.js'
export { type PercentileOptions, percentile } from './observers/percentile.js'
export type { Batches, OpenedModel, OpenModel } from './opened-model.js'
export { outputDecibels } from './output-decibels.js'
export { type PrepareQatOptions, prepareQat } from './prepare-qat.js'
export { type QuantBackend, qconfigs } from './presets.js'
export { type QatConversion, qatConversions } from './qat-conversions.js'
export { type QatSwap, qatSwaps, swapRules } from './qat-swaps.js'
export { type QConfig, type QConfigMapping, qconfigFor } from './qconfig.js'
export {
  type QuantDType,
  type QuantScheme,
  type QuantSpec,
  type QuantSpecOptions,
  quantSpec,
} from './quant-spec.js'
export {
  QuantizeDequantize,
  type QuantizeDequantizeAttrs,
  type QuantizeDequantizeModule,
} from './quantize-dequantize.js'
export { quantizeDynamic } from './quantize-dynamic.js'
export { type QuantizeWeightsOptions, quantizeWeights } from './quantize-weights.js'
export { SignalToNoise } from './signal-to-noise.js'
export { fakeQuantize, observe, slowForward } from './toggles.js'
