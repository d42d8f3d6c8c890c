import {
  type AnyKind,
  type AnyModule,
  type FloatDType,
  type IntegerFormat,
  type Kind,
  kind,
  Linear,
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
  /**
   * So many neighbours along the axis of the spec share a scale; the shape of the scale is then that of the weight but for
   * this axis.
   */
  readonly blockSize?: number
  /** The dtype of the float layer, where that is not float32. */
  readonly floats?: FloatDType
  /**
   * Whether the values that go in are floats. Then it is written as kernels for floats look for it, weights of 4 bits two
   * to a byte, where kernels of integers look for 8 bits.
   */
  readonly weightsOnly?: boolean
}

/**
 * Attributes of the float layer with integers as weight and, where the grid of its input is known, as bias; and the
 * grids of both.
 */
export type QuantizedAttrs = WeightedAttrs & Quantized

/** What a layer of integers is made of. */
export interface QuantizedParts {
  readonly attrs: QuantizedAttrs
  readonly activation?: AnyModule
}

/** A layer of integers. Its only child is `activation`, where it has one. */
export type QuantizedModule = Module<string, QuantizedAttrs>
/** A kind of layers of integers. */
export type QuantizedKind<N extends string = string> = Kind<N, QuantizedAttrs, [parts: QuantizedParts]>

const zeros = ({ shape }: Tensor): Tensor =>
  tensorOf('int32', shape, new Uint8Array(4 * shape.reduce((count, dim) => count * dim, 1)))

const packedType = ({ dtype }: QuantSpec): Pick<IntegerFormat, 'dtype'> =>
  dtype === 'int4' || dtype === 'uint4' ? { dtype } : {}

const formatOf = ({ weightSpec, blockSize, floats, weightsOnly }: QuantizedAttrs): IntegerFormat => ({
  ...(floats !== undefined && { floats }),
  ...(weightsOnly && packedType(weightSpec)),
  ...(blockSize !== undefined && { blockSize }),
})

const weightOf = <V>(ops: Ops<V>, attrs: QuantizedAttrs): V =>
  ops.dequantize(
    ops.constant(attrs.weight),
    ops.constant(attrs.weightScale),
    ops.constant(attrs.weightZeroPoint),
    attrs.weightSpec.axis ?? 0,
    formatOf(attrs),
  )

/** A linear layer of floats with a weight of integers. */
const weightsOnlyLinear = <V>(ops: Ops<V>, attrs: QuantizedAttrs, x: V): V => {
  const product = ops.linearDequantized(x, {
    weight: attrs.weight,
    scale: attrs.weightScale,
    zeroPoint: attrs.weightZeroPoint,
    axis: attrs.weightSpec.axis ?? 0,
    format: formatOf(attrs),
  })
  return attrs.bias === null ? product : ops.add(product, ops.constant(attrs.bias))
}

const biasOf = <V>(ops: Ops<V>, { bias, biasScale }: QuantizedAttrs): V | undefined =>
  bias === null || biasScale === null
    ? undefined
    : ops.dequantize(ops.constant(bias), ops.constant(biasScale), ops.constant(zeros(biasScale)), 0)

const computed = <V>(ops: Ops<V>, family: LayerFamily, attrs: QuantizedAttrs, x: V): V => {
  if (attrs.weightsOnly && family === familyOf(Linear.kind)) return weightsOnlyLinear(ops, attrs, x)
  const bias = biasOf(ops, attrs)
  return family.compute(ops, x, attrs, { weight: weightOf(ops, attrs), ...(bias && { bias }) })
}

const forward = <V>(ops: Ops<V>, family: LayerFamily, { attrs, children }: QuantizedModule, x: V): V => {
  const y = computed(ops, family, attrs, x)
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
