import {
  type AnyModule,
  GELU,
  Hardswish,
  LeakyReLU,
  manualSeed,
  ReLU,
  ReLU6,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
  train,
} from '@nnfuse/ir'
import { type RuleCases, testPlugin } from '@nnfuse/testing'
import { test } from 'vitest'
import { qat } from './index.js'

const nn = manualSeed(0)

/** A batch-norm of some features, in inference mode unless told. */
type Norm = typeof nn.BatchNorm1d | typeof nn.BatchNorm2d | typeof nn.BatchNorm3d

/** What these rules hold together, in both modes, and what they all decline. */
const after = (layer: AnyModule, norm: Norm, ...rest: readonly AnyModule[]): RuleCases => {
  const chain = (second: AnyModule) => Sequential([layer, second, ...rest])
  return {
    fuses: [chain(norm(4)), train(chain(norm(4)))],
    declines: [
      {
        model: chain(train(norm(4))),
        reason: '0 and 1 must both be in training mode or both in inference mode',
      },
      { model: chain(norm(2)), reason: '1 normalizes 2 channels but is given 4' },
      { model: chain(norm(4, { affine: false })), reason: '1 is not affine' },
      { model: chain(norm(4, { trackRunningStats: false })), reason: '1 keeps no running statistics' },
    ],
  }
}

testPlugin(
  qat(),
  {
    'qat-conv1d-bn': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d),
    'qat-conv2d-bn': after(nn.Conv2d(2, 4, 3), nn.BatchNorm2d),
    'qat-conv3d-bn': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d),
    'qat-conv1d-bn-relu': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d, ReLU()),
    'qat-conv2d-bn-relu': after(nn.Conv2d(2, 4, 3), nn.BatchNorm2d, ReLU()),
    'qat-conv3d-bn-relu': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d, ReLU()),
    'qat-linear-bn': after(nn.Linear(2, 4), nn.BatchNorm1d),
    'qat-linear-bn-relu': after(nn.Linear(2, 4), nn.BatchNorm1d, ReLU()),
    'qat-conv-transpose1d-bn': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d),
    'qat-conv-transpose2d-bn': after(nn.ConvTranspose2d(2, 4, 3, { groups: 2 }), nn.BatchNorm2d),
    'qat-conv-transpose3d-bn': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d),
    'qat-conv-transpose1d-bn-relu': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d, ReLU()),
    'qat-conv-transpose2d-bn-relu': after(nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d, ReLU()),
    'qat-conv-transpose3d-bn-relu': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d, ReLU()),
    'qat-conv1d-bn-activation': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d, SiLU()),
    'qat-conv2d-bn-activation': after(nn.Conv2d(2, 4, 3), nn.BatchNorm2d, ReLU6()),
    'qat-conv3d-bn-activation': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d, Tanh()),
    'qat-conv-transpose1d-bn-activation': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d, Sigmoid()),
    'qat-conv-transpose2d-bn-activation': after(nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d, LeakyReLU()),
    'qat-conv-transpose3d-bn-activation': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d, Hardswish()),
    'qat-linear-bn-activation': after(nn.Linear(2, 4), nn.BatchNorm1d, GELU()),
  },
  { test },
)
