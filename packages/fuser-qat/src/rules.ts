import {
  type AnyModule,
  activations,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvBn1d,
  ConvBn2d,
  ConvBn3d,
  ConvBnReLU1d,
  ConvBnReLU2d,
  ConvBnReLU3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  ConvTransposeBn1d,
  ConvTransposeBn2d,
  ConvTransposeBn3d,
  Linear,
  LinearBn1d,
  LinearBnReLU1d,
  ReLU,
  withActivation,
} from '@nnfuse/ir'
import { oneOf, type Rule, rule } from '@nnfuse/matcher'
import { channelsAgree, isAffine, sameMode, tracksRunningStats } from './guards.js'

/*
 * For quantization-aware training the layers are held together but not folded: batch-norm goes on training, and each
 * forward scales the weight by the statistics of the moment. The first rows are the training column of PyTorch's default
 * fuser mapping, with its checks in its order; the others are those that it lacks.
 */

const other = oneOf(...activations.filter((activation) => activation !== ReLU))

const together = (layer: AnyModule, bn: AnyModule, activation: AnyModule): AnyModule =>
  withActivation(layer, bn, activation)

const trainable = [sameMode, channelsAgree, isAffine, tracksRunningStats]

const holding: readonly Rule[] = [
  rule('qat-conv1d-bn', [Conv1d, BatchNorm1d], (conv, bn) => ConvBn1d(conv, bn), { when: trainable }),
  rule('qat-conv2d-bn', [Conv2d, BatchNorm2d], (conv, bn) => ConvBn2d(conv, bn), { when: trainable }),
  rule('qat-conv3d-bn', [Conv3d, BatchNorm3d], (conv, bn) => ConvBn3d(conv, bn), { when: trainable }),
  rule('qat-conv1d-bn-relu', [Conv1d, BatchNorm1d, ReLU], (conv, bn, relu) => ConvBnReLU1d(conv, bn, relu), {
    when: trainable,
  }),
  rule('qat-conv2d-bn-relu', [Conv2d, BatchNorm2d, ReLU], (conv, bn, relu) => ConvBnReLU2d(conv, bn, relu), {
    when: trainable,
  }),
  rule('qat-conv3d-bn-relu', [Conv3d, BatchNorm3d, ReLU], (conv, bn, relu) => ConvBnReLU3d(conv, bn, relu), {
    when: trainable,
  }),
  rule('qat-linear-bn', [Linear, BatchNorm1d], (linear, bn) => LinearBn1d(linear, bn), { when: trainable }),

  rule(
    'qat-linear-bn-relu',
    [Linear, BatchNorm1d, ReLU],
    (linear, bn, relu) => LinearBnReLU1d(linear, bn, relu),
    {
      when: trainable,
    },
  ),
  rule('qat-conv-transpose1d-bn', [ConvTranspose1d, BatchNorm1d], (conv, bn) => ConvTransposeBn1d(conv, bn), {
    when: trainable,
  }),
  rule('qat-conv-transpose2d-bn', [ConvTranspose2d, BatchNorm2d], (conv, bn) => ConvTransposeBn2d(conv, bn), {
    when: trainable,
  }),
  rule('qat-conv-transpose3d-bn', [ConvTranspose3d, BatchNorm3d], (conv, bn) => ConvTransposeBn3d(conv, bn), {
    when: trainable,
  }),
  rule('qat-conv-transpose1d-bn-relu', [ConvTranspose1d, BatchNorm1d, ReLU], together, { when: trainable }),
  rule('qat-conv-transpose2d-bn-relu', [ConvTranspose2d, BatchNorm2d, ReLU], together, { when: trainable }),
  rule('qat-conv-transpose3d-bn-relu', [ConvTranspose3d, BatchNorm3d, ReLU], together, { when: trainable }),
  rule('qat-conv1d-bn-activation', [Conv1d, BatchNorm1d, other], together, { when: trainable }),
  rule('qat-conv2d-bn-activation', [Conv2d, BatchNorm2d, other], together, { when: trainable }),
  rule('qat-conv3d-bn-activation', [Conv3d, BatchNorm3d, other], together, { when: trainable }),
  rule('qat-conv-transpose1d-bn-activation', [ConvTranspose1d, BatchNorm1d, other], together, {
    when: trainable,
  }),
  rule('qat-conv-transpose2d-bn-activation', [ConvTranspose2d, BatchNorm2d, other], together, {
    when: trainable,
  }),
  rule('qat-conv-transpose3d-bn-activation', [ConvTranspose3d, BatchNorm3d, other], together, {
    when: trainable,
  }),
  rule('qat-linear-bn-activation', [Linear, BatchNorm1d, other], together, { when: trainable }),
]

/** No number changes. */
export const qatRules: readonly Rule[] = holding.map((made) => ({ ...made, exactness: 'bits' }))
