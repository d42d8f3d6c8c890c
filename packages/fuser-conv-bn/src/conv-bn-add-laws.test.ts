import { Add, type AnyModule, graphModule, manualSeed, ReLU, Sequential, train } from '@nnfuse/ir'
import { arbitraryBatchNorm2d, arbitraryConv2d, chainOf, plusInput, testPlugin } from '@nnfuse/testing'
import { test } from 'vitest'
import { convBnAdd } from './index.js'

const nn = manualSeed(0)
const conv = nn.Conv2d(4, 4, 3, { padding: 1 })

const residual = (bn: AnyModule, ...after: readonly AnyModule[]): AnyModule =>
  graphModule({ conv, bn, add: Add(), after: Sequential(after) }, (m, x) =>
    m.after(m.add(x, m.bn(m.conv(x)))),
  )

const declines = (...after: readonly AnyModule[]) => [
  {
    model: train(residual(nn.BatchNorm2d(4), ...after)),
    reason: 'conv is in training mode; call inference(model) first, or fuse for QAT',
  },
  {
    model: residual(nn.BatchNorm2d(4, { trackRunningStats: false }), ...after),
    reason: "bn keeps no running statistics: it normalizes by each batch's own",
  },
  { model: residual(nn.BatchNorm2d(2), ...after), reason: 'bn normalizes 2 channels but is given 4' },
]

const examples = chainOf(arbitraryConv2d, arbitraryBatchNorm2d)

testPlugin(
  convBnAdd(),
  {
    'conv2d-bn-add': {
      fuses: [
        {
          model: residual(nn.BatchNorm2d(4)),
          prints: `
            nn.GraphModule (x) -> (add)
              conv: nni.ConvAdd2d : add <- x, x
                0: nn.Conv2d(4 -> 4, 3x3, padding 1)
          `,
        },
        plusInput(examples),
      ],
      declines: declines(),
    },
    'conv2d-bn-add-relu': {
      fuses: [
        {
          model: residual(nn.BatchNorm2d(4), ReLU()),
          prints: `
            nn.GraphModule (x) -> (after.0)
              conv: nni.ConvAddReLU2d : after.0 <- x, x
                0: nn.Conv2d(4 -> 4, 3x3, padding 1)
                relu: nn.ReLU
          `,
        },
        plusInput(examples, ReLU()),
      ],
      declines: declines(ReLU()),
    },
  },
  { test },
)
