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
import { convBn } from './index.js'

const nn = manualSeed(0)

type Norm = typeof nn.BatchNorm1d | typeof nn.BatchNorm2d | typeof nn.BatchNorm3d

/** What these rules fold, and what they all decline. */
const after = (layer: AnyModule, norm: Norm, ...rest: readonly AnyModule[]): RuleCases => {
  const chain = (second: AnyModule) => Sequential([layer, second, ...rest])
  return {
    fuses: [chain(norm(4)), chain(norm(4, { affine: false, eps: 0.1 }))],
    declines: [
      {
        model: train(chain(norm(4))),
        reason: '0 is in training mode; call inference(model) first, or fuse for QAT',
      },
      { model: chain(train(norm(4))), reason: /^1 is in training mode/ },
      {
        model: chain(norm(4, { trackRunningStats: false })),
        reason: "1 keeps no running statistics: it normalizes by each batch's own",
      },
      { model: chain(norm(2)), reason: '1 normalizes 2 channels but is given 4' },
    ],
  }
}

testPlugin(
  convBn(),
  {
    'conv1d-bn': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d),
    'conv2d-bn': after(nn.Conv2d(2, 4, 3, { groups: 2 }), nn.BatchNorm2d),
    'conv3d-bn': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d),
    'conv1d-bn-relu': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d, ReLU()),
    'conv2d-bn-relu': after(nn.Conv2d(2, 4, 3, { stride: 2 }), nn.BatchNorm2d, ReLU()),
    'conv3d-bn-relu': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d, ReLU()),
    'conv-transpose1d-bn': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d),
    'conv-transpose2d-bn': after(nn.ConvTranspose2d(2, 4, 3, { groups: 2 }), nn.BatchNorm2d),
    'conv-transpose3d-bn': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d),
    'linear-bn': after(nn.Linear(2, 4, { bias: false }), nn.BatchNorm1d),
    'conv-transpose1d-bn-relu': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d, ReLU()),
    'conv-transpose2d-bn-relu': after(nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d, ReLU()),
    'conv-transpose3d-bn-relu': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d, ReLU()),
    'linear-bn-relu': after(nn.Linear(2, 4), nn.BatchNorm1d, ReLU()),
    'conv1d-bn-activation': after(nn.Conv1d(2, 4, 3), nn.BatchNorm1d, SiLU()),
    'conv2d-bn-activation': after(nn.Conv2d(2, 4, 3), nn.BatchNorm2d, ReLU6()),
    'conv3d-bn-activation': after(nn.Conv3d(2, 4, 3), nn.BatchNorm3d, Tanh()),
    'conv-transpose1d-bn-activation': after(nn.ConvTranspose1d(2, 4, 3), nn.BatchNorm1d, Sigmoid()),
    'conv-transpose2d-bn-activation': after(nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d, LeakyReLU()),
    'conv-transpose3d-bn-activation': after(nn.ConvTranspose3d(2, 4, 3), nn.BatchNorm3d, Hardswish()),
    'linear-bn-activation': after(nn.Linear(2, 4), nn.BatchNorm1d, GELU()),
  },
  { test },
)
