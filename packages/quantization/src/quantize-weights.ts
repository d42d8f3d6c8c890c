import type { Model, ModelLike } from '@nnfuse/ir'
import { badBlockSize } from './errors.js'
import { IntegerWeights } from './integer-weights.js'
import type { QuantizedAttrs } from './kinds/quantized-layers.js'
import { qconfigs } from './presets.js'
import type { QConfigMapping } from './qconfig.js'
import { quantizeLayers } from './quantize-layers.js'

/** What {@link quantizeWeights} can be told besides the mapping. */
export interface QuantizeWeightsOptions {
  /**
   * So many inputs of a channel share a scale, 32 say: for weights of 4 bits, of which one scale a channel leaves too
   * little. Layers with no more inputs than that, and all where it is left out, have scales as the mapping says.
   */
  readonly blockSize?: number
}

/**
 * Integer weights in a model that computes with floats: a small file, and values that are as they were. It needs no
 * inputs to calibrate with. Fuse for inference first.
 *
 * Weights of 4 bits (dtype `int4` or `uint4`) take half a byte each in an ONNX file of opset 21 or newer, and in older
 * ones a byte. Scales for blocks need opset 21.
 *
 * @param mapping which layers, and how their weights are quantized; what it says of values does not count
 * @throws NnfuseError `BAD_QCONFIG`, `BAD_QUANT_SPEC`
 * @example
 * ```ts
 * const { activation, weight } = qconfigs.calibration.onnxruntime
 * const fourBits = { activation, weight: { ...weight, dtype: 'int4', min: -7, max: 7 } } as const
 * const small = quantizeWeights(model, { default: fourBits }, { blockSize: 32 })
 * ```
 */
export const quantizeWeights = (
  model: ModelLike,
  mapping: QConfigMapping = { default: qconfigs.calibration.onnxruntime },
  { blockSize }: QuantizeWeightsOptions = {},
): Model => {
  if (blockSize !== undefined && (!Number.isInteger(blockSize) || blockSize < 1))
    throw badBlockSize(blockSize)
  const weights = new IntegerWeights(blockSize)
  return quantizeLayers(model, mapping, ({ quantized }, { layer, activation }, { weight: options }, path) => {
    const attrs = {
      ...layer.attrs,
      ...weights.of(layer, options, path),
      biasScale: null,
      weightsOnly: true,
    } as QuantizedAttrs
    return quantized({ attrs, ...(activation && { activation }) })
  })
}
