import {
  Add,
  type AnyModule,
  type BatchNormAttrs,
  type BatchNormModule,
  type ConvAttrs,
  type ConvModule,
  deferredTensor,
  type FloatDType,
  floatTensor,
  graphModule,
  inChannels,
  isBatchNorm,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { type Declined, decline, isDeclined, type MatchContext } from '@nnfuse/matcher'
import { inputAsConv, normAsConv } from './as-conv.js'
import { mergeConvs, type NamedConv } from './merge-convs.js'
import { negateConv } from './negate-conv.js'
import { type PaddedConv, resolvePadding } from './resolve-padding.js'

/** A layer that a sum is made of: with another one, or with the input of both. */
export type BranchModule = ConvModule | BatchNormModule

const nameOf = ({ modules, paths }: MatchContext, module: AnyModule): string =>
  paths[modules.indexOf(module)] as string

const namedConv = (cx: MatchContext, { attrs }: ConvModule, name: string): NamedConv | Declined => {
  const conv = resolvePadding(attrs, () => cx.inputType(0))
  if (conv !== undefined) return { conv, name }
  return decline(`how much ${name} pads depends on the size of its input, which is not known`)
}

/** What else is added to a convolution: a layer, or the input of both. */
export type Other = BranchModule | 'input'

const otherAsConv = (cx: MatchContext, { attrs }: ConvModule, other: Other): NamedConv | Declined => {
  const axes = attrs.stride.length
  if (other === 'input') {
    const ones = inputAsConv(inChannels(attrs), axes, attrs.weight.dtype as FloatDType)
    return { conv: ones, name: 'its input' }
  }
  const name = nameOf(cx, other)
  return isBatchNorm(other) ? { conv: normAsConv(other.attrs, axes), name } : namedConv(cx, other, name)
}

/** Takes in one after the other, in an order in which each fits. */
const mergeAll = (first: NamedConv, others: readonly NamedConv[]): PaddedConv | Declined => {
  let reason: Declined | undefined
  for (const [i, other] of others.entries()) {
    const conv = mergeConvs(first, other)
    if (!isDeclined(conv)) return mergeAll({ ...first, conv }, others.toSpliced(i, 1))
    reason ??= conv
  }
  return reason ?? first.conv
}

/** A convolution and other branches, as one convolution. */
export const mergeIntoConv = (
  cx: MatchContext,
  host: ConvModule,
  others: readonly Other[],
): ConvModule | Declined => {
  const [first, ...rest] = [
    namedConv(cx, host, nameOf(cx, host)),
    ...others.map((other) => otherAsConv(cx, host, other)),
  ]
  const unknown = [first, ...rest].find((branch) => branch !== undefined && isDeclined(branch))
  if (unknown !== undefined) return unknown as Declined
  const merged = mergeAll(first as NamedConv, rest as NamedConv[])
  return isDeclined(merged) ? merged : withAttrs(host, merged)
}

const negated = (branch: NamedConv): NamedConv => ({ ...branch, conv: negateConv(branch.conv) })

/** A convolution and another branch, one of which is subtracted, as one convolution. */
export const subtractIntoConv = (
  cx: MatchContext,
  host: ConvModule,
  other: Other,
  subtracted: 'host' | 'other',
): ConvModule | Declined => {
  const [first, second] = [namedConv(cx, host, nameOf(cx, host)), otherAsConv(cx, host, other)]
  if (isDeclined(first)) return first
  if (isDeclined(second)) return second
  const merged =
    subtracted === 'host' ? mergeConvs(negated(first), second) : mergeConvs(first, negated(second))
  return isDeclined(merged) ? merged : withAttrs(host, merged)
}

const asVector = (tensor: Tensor | null): Tensor | null =>
  tensor && deferredTensor(tensor.dtype, tensor.shape.slice(0, 1), [tensor], (bytes) => bytes as Uint8Array)

/** A batch-norm that scales by the weight of a convolution with a kernel of 1, and shifts by its bias. */
const normOf = ({ weight, bias }: ConvAttrs): Partial<BatchNormAttrs> => {
  const shape = weight.shape.slice(0, 1)
  const all = (value: number): Tensor =>
    floatTensor(new Float64Array(shape[0] as number).fill(value), shape, weight.dtype)
  return { weight: asVector(weight), bias, runningMean: all(0), runningVar: all(1), eps: 0 }
}

/** A batch-norm and another, or its input, as one batch-norm. */
export const mergeIntoNorm = (
  cx: MatchContext,
  host: BatchNormModule,
  other: BatchNormModule | 'input',
): BatchNormModule | Declined => {
  const conv = normAsConv(host.attrs, 0)
  const added =
    other === 'input'
      ? inputAsConv(host.attrs.numFeatures, 0, conv.weight.dtype as FloatDType)
      : normAsConv(other.attrs, 0)
  const name = other === 'input' ? 'its input' : nameOf(cx, other)
  const merged = mergeConvs({ conv, name: nameOf(cx, host) }, { conv: added, name })
  return isDeclined(merged) ? merged : withAttrs(host, normOf(merged))
}

/** What is left of a sum whose two branches have become one: that one, and what else was added. */
export const withRest = (merged: AnyModule, rest: 0 | 1 | 2): AnyModule => {
  if (rest === 0) return merged
  if (rest === 1) return graphModule({ merged, sum: Add() }, (m, x, y) => m.sum(y, m.merged(x)))
  return graphModule({ merged, rest: Add(), sum: Add() }, (m, x, y, z) => m.sum(m.rest(y, z), m.merged(x)))
}
