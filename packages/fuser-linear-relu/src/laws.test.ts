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
import { linearRelu } from './index.js'

const nn = manualSeed(0)

/** No weight changes, so the rules apply in both modes. */
const pair = (layer: AnyModule, activation: AnyModule): RuleCases => {
  const model = Sequential([layer, activation])
  return { fuses: [model, train(model)] }
}

testPlugin(
  linearRelu(),
  {
    'conv1d-relu': pair(nn.Conv1d(2, 4, 3), ReLU()),
    'conv2d-relu': {
      fuses: [
        {
          model: Sequential([nn.Conv2d(2, 4, 3), ReLU()]),
          prints: `
            nn.GraphModule (x) -> (1)
              0: nni.ConvReLU2d : 1 <- x
                0: nn.Conv2d(2 -> 4, 3x3)
                1: nn.ReLU
          `,
        },
      ],
    },
    'conv3d-relu': pair(nn.Conv3d(2, 4, 3), ReLU()),
    'linear-relu': {
      fuses: [
        Sequential([nn.Linear(3, 4), ReLU()]),
        { model: Sequential([nn.Linear(3, 4), ReLU()]), inputs: [[2, 5, 3]] },
        { model: Sequential([nn.Linear(3, 4), ReLU(), nn.Linear(4, 4), ReLU()]), applies: 2 },
      ],
    },
    'bn2d-relu': pair(nn.BatchNorm2d(4), ReLU()),
    'bn3d-relu': pair(nn.BatchNorm3d(4), ReLU()),
    'bn1d-relu': pair(nn.BatchNorm1d(4), ReLU()),
    'conv-transpose1d-relu': pair(nn.ConvTranspose1d(2, 4, 3), ReLU()),
    'conv-transpose2d-relu': pair(nn.ConvTranspose2d(2, 4, 3), ReLU()),
    'conv-transpose3d-relu': pair(nn.ConvTranspose3d(2, 4, 3), ReLU()),
    'conv1d-activation': pair(nn.Conv1d(2, 4, 3), Sigmoid()),
    'conv2d-activation': pair(nn.Conv2d(2, 4, 3), SiLU()),
    'conv3d-activation': pair(nn.Conv3d(2, 4, 3), LeakyReLU()),
    'conv-transpose1d-activation': pair(nn.ConvTranspose1d(2, 4, 3), Tanh()),
    'conv-transpose2d-activation': pair(nn.ConvTranspose2d(2, 4, 3), ReLU6()),
    'conv-transpose3d-activation': pair(nn.ConvTranspose3d(2, 4, 3), Hardswish()),
    'linear-activation': pair(nn.Linear(2, 4), GELU()),
    'bn1d-activation': pair(nn.BatchNorm1d(4), Tanh()),
    'bn2d-activation': pair(nn.BatchNorm2d(4), SiLU()),
    'bn3d-activation': pair(nn.BatchNorm3d(4), GELU({ approximate: 'tanh' })),
  },
  { test },
)
