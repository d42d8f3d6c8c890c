import { type Kind, kind, type Module, type Tensor } from '@nnfuse/ir'
import { type QuantSpec, storageOf } from './quant-spec.js'

/** A grid whose scale and zero point do not change any more. */
export interface QuantizeDequantizeAttrs {
  readonly spec: QuantSpec
  /** float32, `[]`, or `[size of the axis]` */
  readonly scale: Tensor
  /** In the dtype of the integers, in the shape of the scale. */
  readonly zeroPoint: Tensor
}

/** A module of {@link QuantizeDequantize}. */
export type QuantizeDequantizeModule = Module<'ao.QuantizeDequantize', QuantizeDequantizeAttrs>

/** Values on a grid that is known: in ONNX QuantizeLinear and DequantizeLinear. */
export const QuantizeDequantize: Kind<
  'ao.QuantizeDequantize',
  QuantizeDequantizeAttrs,
  [attrs: QuantizeDequantizeAttrs]
> = kind('ao.QuantizeDequantize', {
  create: (attrs) => ({ attrs }),
  forward: (ops, { attrs }, x) =>
    ops.quantizeDequantize(x, {
      scale: ops.constant(attrs.scale),
      zeroPoint: ops.constant(attrs.zeroPoint),
      axis: attrs.spec.axis ?? 0,
      dtype: storageOf(attrs.spec),
      min: attrs.spec.min,
      max: attrs.spec.max,
    }),
  buffers: { scale: 'scale', zeroPoint: 'zero_point' },
  describe: ({ spec: { dtype, min, max } }) => `${dtype} ${min} to ${max}`,
})
