import {
  type AnyKind,
  type AnyModule,
  type Kind,
  kind,
  type Module,
  type Ops,
  type Tensor,
  tensorOf,
} from '@nnfuse/ir'
import type { QuantSpec } from '../quant-spec.js'
import { familyOf, type LayerFamily, type WeightedAttrs } from './layer-family.js'

/** What a layer of integers knows besides its own attributes, whose `weight` and `bias` are of integers. */
export interface Quantized {
  readonly weightSpec: QuantSpec
  /** float32, `[]` or `[size of the axis]`. */
  readonly weightScale: Tensor
  /** In the dtype of the weight, in the shape of its scale. */
  readonly weightZeroPoint: Tensor
  /**
   * Scale of the int32 bias: that of the input times that of the weight. Null where the bias is a float, because the
   * grid of the input is not known, or where there is none.
   */
  readonly biasScale: Tensor | null
}

export type QuantizedAttrs = WeightedAttrs & Quantized

/** What a layer of integers is made of. */
export interface QuantizedParts {
  readonly attrs: QuantizedAttrs
  readonly activation?: AnyModule
}

export type QuantizedModule = Module<string, QuantizedAttrs>
export type QuantizedKind<N extends string = string> = Kind<N, QuantizedAttrs, [parts: QuantizedParts]>

const zeros = ({ shape }: Tensor): Tensor =>
  tensorOf('int32', shape, new Uint8Array(4 * shape.reduce((count, dim) => count * dim, 1)))

const weightOf = <V>(ops: Ops<V>, { weight, weightSpec, weightScale, weightZeroPoint }: QuantizedAttrs): V =>
  ops.dequantize(
    ops.constant(weight),
    ops.constant(weightScale),
    ops.constant(weightZeroPoint),
    weightSpec.axis ?? 0,
  )

const biasOf = <V>(ops: Ops<V>, { bias, biasScale }: QuantizedAttrs): V | undefined =>
  bias === null || biasScale === null
    ? undefined
    : ops.dequantize(ops.constant(bias), ops.constant(biasScale), ops.constant(zeros(biasScale)), 0)

const forward = <V>(ops: Ops<V>, family: LayerFamily, { attrs, children }: QuantizedModule, x: V): V => {
  const bias = biasOf(ops, attrs)
  const y = family.compute(ops, x, attrs, { weight: weightOf(ops, attrs), ...(bias && { bias }) })
  const activation = children.get('activation')
  return activation === undefined ? y : (ops.call('activation', activation, [y])[0] as V)
}

const describe = (
  floatKind: AnyKind,
  { weightSpec: { dtype, min, max }, ...attrs }: QuantizedAttrs,
): string => `${floatKind.definition.describe?.(attrs) ?? ''}, ${dtype} ${min} to ${max}`

/**
 * Declares a layer whose weight and bias are integers: it turns them into numbers and computes with these, which is how
 * ONNX writes it down (DequantizeLinear before a Conv), and what runtimes with integer kernels look for.
 *
 * @param floatKind the kind of the layer without its activation
 */
export const quantizedKind = <N extends string>(name: N, floatKind: AnyKind): QuantizedKind<N> =>
  kind<N, QuantizedAttrs, [parts: QuantizedParts]>(name, {
    create: ({ attrs, activation }) => ({
      attrs,
      children: new Map(activation ? [['activation', activation]] : []),
    }),
    forward: (ops, module, x) => forward(ops, familyOf(floatKind.kind), module, x),
    buffers: {
      weight: 'weight',
      bias: 'bias',
      weightScale: 'weight_scale',
      weightZeroPoint: 'weight_zero_point',
      biasScale: 'bias_scale',
    },
    describe: (attrs) => describe(floatKind, attrs),
  })
