import type { Model, ModelLike } from '@nnfuse/ir'
import { decline } from '@nnfuse/matcher'
import { IntegerWeights } from './integer-weights.js'
import { type DynamicLinearAttrs, dynamicTable } from './kinds/dynamic-linear.js'
import { qconfigs } from './presets.js'
import type { QConfigMapping } from './qconfig.js'
import { quantizeLayers } from './quantize-layers.js'

const kinds = new Map(dynamicTable.map(([{ kind }, dynamic]) => [kind, dynamic]))

/**
 * Dynamic quantization: linear layers with integer weights, which put the values that go in on a grid of their own each
 * time they run, of 256 steps from their least to their greatest. It needs no inputs to calibrate with. Fuse for inference
 * first. torch's `quantize_dynamic`, and that of ONNX Runtime.
 *
 * Written to ONNX (opset 11), a layer is DynamicQuantizeLinear, which layers with one input share, and MatMulInteger.
 * Which layers stay in float, and why, is in the notes of the model.
 *
 * @param mapping which layers, and how their weights are quantized; what it says of values does not count
 * @throws NnfuseError `BAD_QCONFIG`, `BAD_QUANT_SPEC`
 * @example
 * ```ts
 * const small = quantizeDynamic(fuse(await readOnnx('net.onnx')).model)
 * await writeOnnx(small, 'net.int8.onnx')
 * ```
 */
export const quantizeDynamic = (
  model: ModelLike,
  mapping: QConfigMapping = { default: qconfigs.calibration.onnxruntime },
): Model => {
  const weights = new IntegerWeights()
  return quantizeLayers(model, mapping, ({ float }, { layer, activation }, { weight: options }, path) => {
    const kind = kinds.get(float.kind)
    if (kind === undefined) return decline('only linear layers are quantized dynamically')
    const { dtype } = layer.attrs.weight
    if (dtype !== 'float32')
      return decline(`its numbers are ${dtype}, and only float32 is quantized dynamically`)
    const attrs = { ...layer.attrs, ...weights.of(layer, options, path) } as DynamicLinearAttrs
    return kind({ attrs, ...(activation && { activation }) })
  })
}
