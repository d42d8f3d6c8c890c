import {
  type AnyKind,
  type AnyModule,
  activations,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormModule,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvAttrs,
  type ConvModule,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeAttrs,
  type ConvTransposeModule,
  Linear,
  type LinearModule,
  type Module,
  ReLU,
  withActivation,
  withAttrs,
} from '@nnfuse/ir'
import { type Guard, oneOf, type Rule, type RuleOptions, rule } from '@nnfuse/matcher'
import { foldConv, foldConvTranspose, foldLinear } from './fold-batch-norm.js'
import { foldable, linearOutputHasTwoAxes } from './guards.js'

/*
 * At inference batch-norm is one multiply-add a channel, so it folds into the layer before it. The first patterns and
 * their results are the inference column of PyTorch's default fuser mapping; the others, with more layers and
 * activations, are what PyTorch's users have asked it for. The formulas stand in fold-batch-norm.ts.
 */

const other = oneOf(...activations.filter((activation) => activation !== ReLU))

/** The convolution that computes what it and the batch-norm after it compute. */
export const intoConv = <N extends string>(
  conv: Module<N, ConvAttrs>,
  bn: BatchNormModule,
): Module<N, ConvAttrs> => withAttrs(conv, foldConv(conv.attrs, bn.attrs))

const intoConvTranspose = <N extends string>(
  conv: Module<N, ConvTransposeAttrs>,
  bn: BatchNormModule,
): Module<N, ConvTransposeAttrs> => withAttrs(conv, foldConvTranspose(conv.attrs, bn.attrs))

const intoLinear = (linear: LinearModule, bn: BatchNormModule): LinearModule =>
  withAttrs(linear, foldLinear(linear.attrs, bn.attrs))

const intoConvActivated = (conv: ConvModule, bn: BatchNormModule, activation: AnyModule): AnyModule =>
  withActivation(intoConv(conv, bn), activation)

const intoConvTransposeActivated = (
  conv: ConvTransposeModule,
  bn: BatchNormModule,
  activation: AnyModule,
): AnyModule => withActivation(intoConvTranspose(conv, bn), activation)

const intoLinearActivated = (linear: LinearModule, bn: BatchNormModule, activation: AnyModule): AnyModule =>
  withActivation(intoLinear(linear, bn), activation)

/** Folding removes a layer, which recording what stands together does not: it goes first among equals. */
const folds = <M extends readonly AnyModule[]>(norm: AnyKind, when: readonly Guard<M>[]): RuleOptions<M> => ({
  when,
  eliminates: [norm],
  benefit: 1,
  exactness: 'bits',
})

const folds1d = folds(BatchNorm1d, foldable)
const folds2d = folds(BatchNorm2d, foldable)
const folds3d = folds(BatchNorm3d, foldable)
const foldsFeatures = folds(BatchNorm1d, [...foldable, linearOutputHasTwoAxes])

/**
 * Batch-norm folded into the convolution, transposed convolution or linear layer before it; with an activation
 * after it the two are held together. Weights are PyTorch's bits, where PyTorch folds them.
 */
export const convBnRules: readonly Rule[] = [
  rule('conv1d-bn', [Conv1d, BatchNorm1d], intoConv, folds1d),
  rule('conv2d-bn', [Conv2d, BatchNorm2d], intoConv, folds2d),
  rule('conv3d-bn', [Conv3d, BatchNorm3d], intoConv, folds3d),
  rule('conv1d-bn-relu', [Conv1d, BatchNorm1d, ReLU], intoConvActivated, folds1d),
  rule('conv2d-bn-relu', [Conv2d, BatchNorm2d, ReLU], intoConvActivated, folds2d),
  rule('conv3d-bn-relu', [Conv3d, BatchNorm3d, ReLU], intoConvActivated, folds3d),
  rule('conv-transpose1d-bn', [ConvTranspose1d, BatchNorm1d], intoConvTranspose, folds1d),
  rule('conv-transpose2d-bn', [ConvTranspose2d, BatchNorm2d], intoConvTranspose, folds2d),
  rule('conv-transpose3d-bn', [ConvTranspose3d, BatchNorm3d], intoConvTranspose, folds3d),
  rule('linear-bn', [Linear, BatchNorm1d], intoLinear, foldsFeatures),

  rule('conv-transpose1d-bn-relu', [ConvTranspose1d, BatchNorm1d, ReLU], intoConvTransposeActivated, folds1d),
  rule('conv-transpose2d-bn-relu', [ConvTranspose2d, BatchNorm2d, ReLU], intoConvTransposeActivated, folds2d),
  rule('conv-transpose3d-bn-relu', [ConvTranspose3d, BatchNorm3d, ReLU], intoConvTransposeActivated, folds3d),
  rule('linear-bn-relu', [Linear, BatchNorm1d, ReLU], intoLinearActivated, foldsFeatures),
  rule('conv1d-bn-activation', [Conv1d, BatchNorm1d, other], intoConvActivated, folds1d),
  rule('conv2d-bn-activation', [Conv2d, BatchNorm2d, other], intoConvActivated, folds2d),
  rule('conv3d-bn-activation', [Conv3d, BatchNorm3d, other], intoConvActivated, folds3d),
  rule(
    'conv-transpose1d-bn-activation',
    [ConvTranspose1d, BatchNorm1d, other],
    intoConvTransposeActivated,
    folds1d,
  ),
  rule(
    'conv-transpose2d-bn-activation',
    [ConvTranspose2d, BatchNorm2d, other],
    intoConvTransposeActivated,
    folds2d,
  ),
  rule(
    'conv-transpose3d-bn-activation',
    [ConvTranspose3d, BatchNorm3d, other],
    intoConvTransposeActivated,
    folds3d,
  ),
  rule('linear-bn-activation', [Linear, BatchNorm1d, other], intoLinearActivated, foldsFeatures),
]
