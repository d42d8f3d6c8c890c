import {
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
  Linear,
  LinearReLU,
  ReLU,
} from '@nnfuse/ir'
import { type Rule, rule } from '@nnfuse/matcher'

/*
 * A layer and the ReLU after it, held together in one module so that a backend can run them as one kernel and a
 * quantizer can give them one output range. No weight changes. The rows are those of PyTorch's default fuser mapping,
 * the same for inference and for training.
 */

export const linearReluRules: readonly Rule[] = [
  rule('conv1d-relu', [Conv1d, ReLU], (conv, relu) => ConvReLU1d(conv, relu)),
  rule('conv2d-relu', [Conv2d, ReLU], (conv, relu) => ConvReLU2d(conv, relu)),
  rule('conv3d-relu', [Conv3d, ReLU], (conv, relu) => ConvReLU3d(conv, relu)),
  rule('linear-relu', [Linear, ReLU], (linear, relu) => LinearReLU(linear, relu)),
  rule('bn2d-relu', [BatchNorm2d, ReLU], (bn, relu) => BNReLU2d(bn, relu)),
  rule('bn3d-relu', [BatchNorm3d, ReLU], (bn, relu) => BNReLU3d(bn, relu)),
]
