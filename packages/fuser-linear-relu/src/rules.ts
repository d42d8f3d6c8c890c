import {
  type AnyModule,
  activations,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  BNReLU2d,
  BNReLU3d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvReLU1d,
  ConvReLU2d,
  ConvReLU3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Linear,
  LinearReLU,
  ReLU,
  withActivation,
} from '@nnfuse/ir'
import { oneOf, type Rule, rule } from '@nnfuse/matcher'

/*
 * A layer and the activation after it, held together in one module so that a backend can run them as one kernel and a
 * quantizer can give them one output range. No weight changes. The first rows are those of PyTorch's default fuser
 * mapping, the same for inference and for training; the others are what PyTorch's users have asked it for.
 */

const otherActivations = oneOf(...activations.filter((activation) => activation !== ReLU))

const together = (layer: AnyModule, activation: AnyModule): AnyModule => withActivation(layer, activation)

const holding: readonly Rule[] = [
  rule('conv1d-relu', [Conv1d, ReLU], (conv, relu) => ConvReLU1d(conv, relu)),
  rule('conv2d-relu', [Conv2d, ReLU], (conv, relu) => ConvReLU2d(conv, relu)),
  rule('conv3d-relu', [Conv3d, ReLU], (conv, relu) => ConvReLU3d(conv, relu)),
  rule('linear-relu', [Linear, ReLU], (linear, relu) => LinearReLU(linear, relu)),
  rule('bn2d-relu', [BatchNorm2d, ReLU], (bn, relu) => BNReLU2d(bn, relu)),
  rule('bn3d-relu', [BatchNorm3d, ReLU], (bn, relu) => BNReLU3d(bn, relu)),

  rule('bn1d-relu', [BatchNorm1d, ReLU], together),
  rule('conv-transpose1d-relu', [ConvTranspose1d, ReLU], together),
  rule('conv-transpose2d-relu', [ConvTranspose2d, ReLU], together),
  rule('conv-transpose3d-relu', [ConvTranspose3d, ReLU], together),

  rule('conv1d-activation', [Conv1d, otherActivations], together),
  rule('conv2d-activation', [Conv2d, otherActivations], together),
  rule('conv3d-activation', [Conv3d, otherActivations], together),
  rule('conv-transpose1d-activation', [ConvTranspose1d, otherActivations], together),
  rule('conv-transpose2d-activation', [ConvTranspose2d, otherActivations], together),
  rule('conv-transpose3d-activation', [ConvTranspose3d, otherActivations], together),
  rule('linear-activation', [Linear, otherActivations], together),
  rule('bn1d-activation', [BatchNorm1d, otherActivations], together),
  rule('bn2d-activation', [BatchNorm2d, otherActivations], together),
  rule('bn3d-activation', [BatchNorm3d, otherActivations], together),
]

/** No number changes. */
export const linearReluRules: readonly Rule[] = holding.map((made) => ({ ...made, exactness: 'bits' }))
