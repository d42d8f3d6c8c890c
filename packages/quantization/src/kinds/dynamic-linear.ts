import {
  type AnyKind,
  type AnyModule,
  activations,
  fusedKind,
  type Kind,
  kind,
  Linear,
  type LinearAttrs,
  type Module,
  type Ops,
} from '@nnfuse/ir'
import type { Quantized } from './quantized-layers.js'

/*
 * Linear layers whose weight is integers, and which put their input on a grid of its own each time they run:
 *
 *   q, s, z = dynamicQuantize(x)
 *   y       = ((q - z) @ (w - weightZeroPoint).T) * (s * weightScale) + bias
 *
 * The sums are of integers, so they are exact; what is lost is lost by the two grids. In ONNX DynamicQuantizeLinear,
 * MatMulInteger, Cast, Mul and Add, which ONNX Runtime makes one kernel of.
 *
 *   nn.Linear          nnqd.Linear           torch.ao.nn.quantized.dynamic.Linear
 *   nni.LinearReLU     nniqd.LinearReLU      torch.ao.nn.intrinsic.quantized.dynamic.LinearReLU
 */

/** `weight` is of 8-bit integers, `bias` of floats. */
export type DynamicLinearAttrs = LinearAttrs &
  Pick<Quantized, 'weightSpec' | 'weightScale' | 'weightZeroPoint'>

/** What a dynamically quantized layer is made of. */
export interface DynamicLinearParts {
  readonly attrs: DynamicLinearAttrs
  readonly activation?: AnyModule
}

/** A linear layer of integers that puts its input on a grid as it comes. */
export type DynamicLinearModule = Module<string, DynamicLinearAttrs>
export type DynamicLinearKind = Kind<string, DynamicLinearAttrs, [parts: DynamicLinearParts]>

const forward = <V>(ops: Ops<V>, { attrs, children }: DynamicLinearModule, x: V): V => {
  const { weight, weightScale, weightZeroPoint, bias } = attrs
  const [integers, scale, zeroPoint] = ops.dynamicQuantize(x)
  const sums = ops.linearIntegers(integers, zeroPoint, { weight, zeroPoint: weightZeroPoint })
  const product = ops.mul(sums, ops.mul(scale, ops.constant(weightScale)))
  const y = bias === null ? product : ops.add(product, ops.constant(bias))
  const activation = children.get('activation')
  return activation === undefined ? y : (ops.call('activation', activation, [y])[0] as V)
}

const dynamicKind = (name: string): DynamicLinearKind =>
  kind(name, {
    create: ({ attrs, activation }) => ({
      attrs,
      children: new Map(activation ? [['activation', activation]] : []),
    }),
    forward,
    buffers: {
      weight: 'weight',
      bias: 'bias',
      weightScale: 'weight_scale',
      weightZeroPoint: 'weight_zero_point',
    },
    describe: ({ weightSpec: { dtype, min, max }, ...attrs }) =>
      `${Linear.definition.describe?.(attrs) ?? ''}, ${dtype} ${min} to ${max}, dynamic`,
  })

const rowOf = (activation: AnyKind): readonly [float: AnyKind, dynamic: DynamicLinearKind] => {
  const name = `Linear${activation.kind.slice('nn.'.length)}`
  return [fusedKind(`nni.${name}`, [Linear, activation]), dynamicKind(`nniqd.${name}`)]
}

/** Of each float layer that can be quantized dynamically, alone or held together with an activation: what it becomes. */
export const dynamicTable: readonly (readonly [float: AnyKind, dynamic: DynamicLinearKind])[] = [
  [Linear, dynamicKind('nnqd.Linear')],
  ...activations.map(rowOf),
]
