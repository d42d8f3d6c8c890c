import { Add, Constant, floatTensor, graphModule, manualSeed, ReLU, train } from '@nnfuse/ir'
import { arbitraryConv2d, chainOf, plusInput, testPlugin } from '@nnfuse/testing'
import { test } from 'vitest'
import { convAdd } from './index.js'

const nn = manualSeed(0)
const conv = nn.Conv2d(4, 4, 3, { padding: 1 })

const residual = graphModule({ conv, add: Add() }, (m, x) => m.add(x, m.conv(x)))
const residualRelu = graphModule({ conv, add: Add(), relu: ReLU() }, (m, x) => m.relu(m.add(m.conv(x), x)))
const plusOne = graphModule({ conv, one: Constant(floatTensor([1], [])), add: Add() }, (m, x) =>
  m.add(m.conv(x), m.one()),
)

/** The same call on both sides: what is added would be gone. */
const doubled = graphModule({ conv, add: Add(), relu: ReLU() }, (m, x) => {
  const y = m.conv(x)
  return m.relu(m.add(y, y))
})
const usedTwice = 'the output of conv is used in two ways by add'

testPlugin(
  convAdd(),
  {
    'conv2d-add': {
      fuses: [
        {
          model: residual,
          prints: `
            nn.GraphModule (x) -> (add)
              conv: nni.ConvAdd2d : add <- x, x
                0: nn.Conv2d(4 -> 4, 3x3, padding 1)
          `,
        },
        train(residual),
        plusOne,
        plusInput(chainOf(arbitraryConv2d)),
      ],
      declines: [{ model: doubled, reason: usedTwice }],
    },
    'conv2d-add-relu': {
      fuses: [
        {
          model: residualRelu,
          prints: `
            nn.GraphModule (x) -> (relu)
              conv: nni.ConvAddReLU2d : relu <- x, x
                0: nn.Conv2d(4 -> 4, 3x3, padding 1)
                relu: nn.ReLU
          `,
        },
        train(residualRelu),
        plusInput(chainOf(arbitraryConv2d), ReLU()),
      ],
      declines: [{ model: doubled, reason: usedTwice }],
    },
  },
  { test },
)
