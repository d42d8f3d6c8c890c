import {
  type AnyModule,
  type BatchNormModule,
  floatTensor,
  type Ops,
  type Tensor,
  withTraining,
} from '@nnfuse/ir'
import type { LayerFamily, WeightedAttrs } from './layer-family.js'

/*
 * Layer and batch-norm while a model trains for integers. In the end the batch-norm is folded into the weight, so it is
 * the folded weight that is to be quantized already now. FQ quantizes and back; v is the running variance.
 *
 * The approximate way, one convolution:
 *
 *   f = gamma / sqrt(v + eps),   y = conv(x, FQ(W f)) / f + b,   BN(y)
 *
 * with v as it was before this batch. The slow way, two convolutions while the batch-norm trains:
 *
 *   y = conv(x, W)                                               only for the statistics of the batch, m and s^2
 *   conv(x, FQ(W f)) * sqrt(v + eps) / s + (beta - gamma m / s)
 *
 * with v as this batch has left it. It divides by no gamma, and needs no trick where a gamma is 0.
 *
 * Where gamma is 0 the folded weight is 0 and the output is beta, whatever the layer gives; but the batch-norm still
 * learns its running mean from it. PyTorch divides 0 by 0 there, and the running mean is NaN ever after. Here such a
 * channel is computed with the weight as it is.
 */

export interface QatAttributes {
  /** Batch-norm uses its running statistics, also while the model trains, and does not change them. */
  readonly frozen: boolean
  /** Computes a layer with batch-norm in the slow way. */
  readonly slow: boolean
}

export type QatLayerAttrs = WeightedAttrs & QatAttributes

/** One call of a layer, with all that its steps share. */
interface Call<V> {
  readonly ops: Ops<V>
  readonly family: LayerFamily
  readonly module: AnyModule
  readonly attrs: QatLayerAttrs
  readonly x: V
}

const childOf = ({ children }: AnyModule, name: string): AnyModule => children.get(name) as AnyModule

/** A frozen batch-norm is in inference mode, whatever the model is in. */
const batchNormOf = ({ module, attrs }: Call<unknown>): BatchNormModule => {
  const bn = childOf(module, 'bn') as BatchNormModule
  return attrs.frozen ? withTraining(bn, false) : bn
}

const fakeQuantized = <V>({ ops, module }: Call<V>, weight: V): V =>
  ops.call('weight_fake_quant', childOf(module, 'weight_fake_quant'), [weight])[0] as V

const constant = <V>({ ops }: Call<V>, value: number, like: Tensor): V =>
  ops.constant(floatTensor([value], [], like.dtype))

/** A number for each channel, `[C]`, so that it broadcasts to the output. */
const toOutput = <V>({ ops, family, attrs }: Call<V>, factor: V): V =>
  ops.reshape(factor, [1, -1, ...new Array<number>(family.rank(attrs) - 2).fill(1)])

const toWeight = <V>({ ops, family, attrs }: Call<V>, factor: V): V => family.toWeight(ops, factor, attrs)

const withoutBias = <V>({ ops, family, attrs, x }: Call<V>, weight: V): V =>
  family.compute(ops, x, { ...attrs, bias: null }, { weight })

/** gamma and beta: layers are prepared only with a batch-norm that has them. */
const gammaOf = ({ attrs }: BatchNormModule): Tensor => attrs.weight as Tensor
const betaOf = ({ attrs }: BatchNormModule): Tensor => attrs.bias as Tensor

/** The root of the running variance, as it stands. */
const runningRoot = <V>(call: Call<V>, { attrs }: BatchNormModule): V => {
  const { ops } = call
  const kept = attrs as typeof attrs & { runningVar: Tensor }
  return ops.sqrt(ops.add(ops.kept(kept, 'runningVar'), constant(call, attrs.eps, kept.runningVar)))
}

const plusBias = <V>(call: Call<V>, y: V): V =>
  call.attrs.bias === null ? y : call.ops.add(y, toOutput(call, call.ops.constant(call.attrs.bias)))

const approximate = <V>(call: Call<V>): V => {
  const { ops, attrs } = call
  const bn = batchNormOf(call)
  const factor = ops.div(ops.constant(gammaOf(bn)), runningRoot(call, bn))
  const weight = ops.constant(attrs.weight)
  const onWeight = toWeight(call, factor)
  const scaled = fakeQuantized(call, ops.mul(weight, onWeight))
  const product = withoutBias(call, ops.where(onWeight, scaled, weight))
  const divisor = ops.where(factor, factor, constant(call, 1, gammaOf(bn)))
  const y = ops.div(product, toOutput(call, divisor))
  return ops.call('bn', bn, [plusBias(call, y)])[0] as V
}

/** `z * ratio + (beta - gamma * mean / root)`, all of them `[C]` but z. */
const shifted = <V>(call: Call<V>, bn: BatchNormModule, z: V, mean: V, root: V): V => {
  const { ops } = call
  const lowered = ops.div(ops.mul(ops.constant(gammaOf(bn)), mean), root)
  return ops.add(z, toOutput(call, ops.sub(ops.constant(betaOf(bn)), lowered)))
}

/** The layer with its weight scaled by the running variance as it stands now. */
const scaledProduct = <V>(call: Call<V>, bn: BatchNormModule): { z: V; root: V } => {
  const { ops, attrs } = call
  const root = runningRoot(call, bn)
  const factor = toWeight(call, ops.div(ops.constant(gammaOf(bn)), root))
  const weight = fakeQuantized(call, ops.mul(ops.constant(attrs.weight), factor))
  return { z: withoutBias(call, weight), root }
}

/** Mean and root of the biased variance of the batch, `[C]`. */
const batchMoments = <V>(call: Call<V>, y: V, eps: V): { mean: V; root: V } => {
  const { ops, family, attrs } = call
  const axes = Array.from({ length: family.rank(attrs) }, (_, axis) => axis).filter((axis) => axis !== 1)
  const mean = ops.mean(y, axes)
  const centred = ops.sub(y, mean)
  const variance = ops.mean(ops.mul(centred, centred), axes)
  const flat = (value: V): V => ops.reshape(value, [-1])
  return { mean: flat(mean), root: ops.sqrt(ops.add(flat(variance), eps)) }
}

const slowTraining = <V>(call: Call<V>, bn: BatchNormModule): V => {
  const { ops, attrs } = call
  const y = withoutBias(call, ops.constant(attrs.weight))
  ops.call('bn', bn, [plusBias(call, y)])
  const { z, root } = scaledProduct(call, bn)
  const batch = batchMoments(call, y, constant(call, bn.attrs.eps, gammaOf(bn)))
  const rescaled = ops.mul(z, toOutput(call, ops.div(root, batch.root)))
  return shifted(call, bn, rescaled, batch.mean, batch.root)
}

const slowInference = <V>(call: Call<V>, bn: BatchNormModule): V => {
  const { ops, attrs } = call
  const { z, root } = scaledProduct(call, bn)
  const mean = ops.kept(bn.attrs as typeof bn.attrs & { runningMean: Tensor }, 'runningMean')
  const centred = attrs.bias === null ? mean : ops.sub(mean, ops.constant(attrs.bias))
  return shifted(call, bn, z, centred, root)
}

const slow = <V>(call: Call<V>): V => {
  const bn = batchNormOf(call)
  return bn.training ? slowTraining(call, bn) : slowInference(call, bn)
}

const plain = <V>(call: Call<V>): V => {
  const { ops, family, attrs, x } = call
  return family.compute(ops, x, attrs, { weight: fakeQuantized(call, ops.constant(attrs.weight)) })
}

/** What a layer computes that is prepared for training: with its batch-norm, if it has one, and its activation. */
export const qatForward = <V>(
  ops: Ops<V>,
  family: LayerFamily,
  module: AnyModule & { readonly attrs: QatLayerAttrs },
  x: V,
): V => {
  const call: Call<V> = { ops, family, module, attrs: module.attrs, x }
  const withNorm = module.attrs.slow ? slow : approximate
  const y = module.children.has('bn') ? withNorm(call) : plain(call)
  const activation = module.children.get('activation')
  return activation === undefined ? y : (ops.call('activation', activation, [y])[0] as V)
}
