import {
  type AnyKind,
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormModule,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  ConvReLU1d,
  ConvReLU2d,
  ConvReLU3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeAttrs,
  Linear,
  type LinearModule,
  type Module,
  ReLU,
  withAttrs,
} from '@nnfuse/ir'
import { type Guard, type Rule, type RuleOptions, rule } from '@nnfuse/matcher'
import { foldConv, foldConvTranspose, foldLinear } from './fold-batch-norm.js'
import {
  convChannelsAgree,
  convTransposeChannelsAgree,
  hasRunningStats,
  inInference,
  linearFeaturesAgree,
  linearOutputHasTwoAxes,
  weightsAreFloats,
} from './guards.js'

/*
 * At inference batch-norm is one multiply-add a channel, so it folds into the layer before it. The patterns and their
 * results are the inference column of PyTorch's default fuser mapping; the formulas stand in fold-batch-norm.ts.
 */

const intoConv = <N extends string>(conv: Module<N, ConvAttrs>, bn: BatchNormModule): Module<N, ConvAttrs> =>
  withAttrs(conv, foldConv(conv.attrs, bn.attrs))

const intoConvTranspose = <N extends string>(
  conv: Module<N, ConvTransposeAttrs>,
  bn: BatchNormModule,
): Module<N, ConvTransposeAttrs> => withAttrs(conv, foldConvTranspose(conv.attrs, bn.attrs))

const intoLinear = (linear: LinearModule, bn: BatchNormModule): LinearModule =>
  withAttrs(linear, foldLinear(linear.attrs, bn.attrs))

const afterConv = [inInference, hasRunningStats, convChannelsAgree, weightsAreFloats]
const afterConvTranspose = [inInference, hasRunningStats, convTransposeChannelsAgree, weightsAreFloats]
const afterLinear = [
  inInference,
  hasRunningStats,
  linearFeaturesAgree,
  linearOutputHasTwoAxes,
  weightsAreFloats,
]

/** Folding removes a layer, which recording what stands together does not: it goes first among equals. */
const folds = <M extends readonly AnyModule[]>(norm: AnyKind, when: readonly Guard<M>[]): RuleOptions<M> => ({
  when,
  eliminates: [norm],
  benefit: 1,
})

export const convBnRules: readonly Rule[] = [
  rule('conv1d-bn', [Conv1d, BatchNorm1d], intoConv, folds(BatchNorm1d, afterConv)),
  rule('conv2d-bn', [Conv2d, BatchNorm2d], intoConv, folds(BatchNorm2d, afterConv)),
  rule('conv3d-bn', [Conv3d, BatchNorm3d], intoConv, folds(BatchNorm3d, afterConv)),
  rule(
    'conv1d-bn-relu',
    [Conv1d, BatchNorm1d, ReLU],
    (conv, bn, relu) => ConvReLU1d(intoConv(conv, bn), relu),
    folds(BatchNorm1d, afterConv),
  ),
  rule(
    'conv2d-bn-relu',
    [Conv2d, BatchNorm2d, ReLU],
    (conv, bn, relu) => ConvReLU2d(intoConv(conv, bn), relu),
    folds(BatchNorm2d, afterConv),
  ),
  rule(
    'conv3d-bn-relu',
    [Conv3d, BatchNorm3d, ReLU],
    (conv, bn, relu) => ConvReLU3d(intoConv(conv, bn), relu),
    folds(BatchNorm3d, afterConv),
  ),
  rule(
    'conv-transpose1d-bn',
    [ConvTranspose1d, BatchNorm1d],
    intoConvTranspose,
    folds(BatchNorm1d, afterConvTranspose),
  ),
  rule(
    'conv-transpose2d-bn',
    [ConvTranspose2d, BatchNorm2d],
    intoConvTranspose,
    folds(BatchNorm2d, afterConvTranspose),
  ),
  rule(
    'conv-transpose3d-bn',
    [ConvTranspose3d, BatchNorm3d],
    intoConvTranspose,
    folds(BatchNorm3d, afterConvTranspose),
  ),
  rule('linear-bn', [Linear, BatchNorm1d], intoLinear, folds(BatchNorm1d, afterLinear)),
]
