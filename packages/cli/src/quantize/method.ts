import { type QConfig, qconfigs } from '@nnfuse/quantization'

/** What is quantized: weights and values, by ranges that were seen; values as they come, of linear layers; or weights only. */
export type Method = 'static' | 'dynamic' | 'weights'

/** How weights are quantized, as far as the file's opset can say it. */
export interface WeightFormat {
  readonly bits: 4 | 8
  /** Whether they have a scale for each channel, or one a layer. */
  readonly perChannel: boolean
  /** So many inputs of a channel share a scale; null where a channel does. */
  readonly blockSize: number | null
}

/** What ONNX Runtime's quantizer takes, too. */
const usualBlock = 32

/** Scales for each channel came with opset 13 where nodes have them as an attribute, scales for blocks with opset 21. */
export const weightFormat = (method: Method, opset: number, bits: 4 | 8): WeightFormat => ({
  bits,
  perChannel: method === 'dynamic' || opset >= 13,
  blockSize: bits === 4 && opset >= 21 ? usualBlock : null,
})

/** What ONNX Runtime's kernels take. With -8, the greatest of each block would be rounded down, always: sums would show that. */
export const configFor = ({ bits, perChannel }: WeightFormat): QConfig => {
  const { activation, weight } = qconfigs.calibration.onnxruntime
  const range = bits === 4 ? ({ dtype: 'int4', min: -7, max: 7 } as const) : {}
  return { activation, weight: { ...weight, ...range, axis: perChannel ? 0 : null } }
}
