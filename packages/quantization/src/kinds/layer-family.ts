import { foldConv, foldConvTranspose, foldLinear } from '@nnfuse/fuser-conv-bn'
import {
  type AnyModule,
  type BatchNormAttrs,
  type ConvAttrs,
  type ConvTransposeAttrs,
  floatTensor,
  type Given,
  isConv,
  isConvTranspose,
  Linear,
  type LinearAttrs,
  type Ops,
  type Tensor,
  type WeightedModule,
} from '@nnfuse/ir'

/** Attributes of a layer with a weight. */
export type WeightedAttrs = ConvAttrs | ConvTransposeAttrs | LinearAttrs

/** Where layers with a weight differ, in all that quantization does with them. */
export interface LayerFamily<A = WeightedAttrs> {
  /** The axis of the weight whose indices have a scale each where there is one a channel. */
  readonly weightAxis: number
  /** The axis of the weight whose indices are what goes in. */
  readonly inputAxis: number
  compute<V>(ops: Ops<V>, x: V, attrs: A, given: Given<V>): V
  /** A number for each output channel, `[C]`, so that it broadcasts to the weight. */
  toWeight<V>(ops: Ops<V>, factor: V, attrs: A): V
  /** How many axes the output has. */
  rank(attrs: A): number
  /** Weight and bias with a batch-norm in them. */
  fold(attrs: A, bn: BatchNormAttrs): { readonly weight: Tensor; readonly bias: Tensor }
}

const ones = (count: number): number[] => new Array<number>(count).fill(1)

const convFamily: LayerFamily<ConvAttrs> = {
  weightAxis: 0,
  inputAxis: 1,
  compute: (ops, x, attrs, given) => ops.conv(x, attrs, given),
  toWeight: (ops, factor, { weight }) => ops.reshape(factor, [-1, ...ones(weight.shape.length - 1)]),
  rank: ({ weight }) => weight.shape.length,
  fold: foldConv,
}

const columnOfOnes = (count: number, { dtype }: Tensor): Tensor =>
  floatTensor(ones(count), [1, count, 1], dtype)

/**
 * The weight is `[inputs, outputs / groups, ...kernel]`: each input channel has the factors of its group.
 */
const factorsOfGroups = <V>(ops: Ops<V>, factor: V, { weight, groups }: ConvTransposeAttrs): V => {
  const [inputs = 0, perGroup = 0, ...kernel] = weight.shape
  const rows = ops.reshape(factor, [groups, 1, perGroup])
  const repeated = ops.mul(rows, ops.constant(columnOfOnes(inputs / groups, weight)))
  return ops.reshape(repeated, [inputs, perGroup, ...ones(kernel.length)])
}

const convTransposeFamily: LayerFamily<ConvTransposeAttrs> = {
  weightAxis: 1,
  inputAxis: 0,
  compute: (ops, x, attrs, given) => ops.convTranspose(x, attrs, given),
  toWeight: (ops, factor, attrs) =>
    attrs.groups === 1
      ? ops.reshape(factor, [1, -1, ...ones(attrs.weight.shape.length - 2)])
      : factorsOfGroups(ops, factor, attrs),
  rank: ({ weight }) => weight.shape.length,
  fold: foldConvTranspose,
}

const linearFamily: LayerFamily<LinearAttrs> = {
  weightAxis: 0,
  inputAxis: 1,
  compute: (ops, x, attrs, given) => ops.linear(x, attrs, given),
  toWeight: (ops, factor) => ops.reshape(factor, [-1, 1]),
  rank: () => 2,
  fold: foldLinear,
}

/** The families of kinds, by the name of the kind. */
export const familyOf = (kind: string): LayerFamily => {
  if (kind === Linear.kind) return linearFamily as LayerFamily
  return (kind.startsWith('nn.ConvTranspose') ? convTransposeFamily : convFamily) as LayerFamily
}

export const isWeighted = (module: AnyModule | undefined): module is WeightedModule =>
  module !== undefined && (isConv(module) || isConvTranspose(module) || Linear.is(module))
