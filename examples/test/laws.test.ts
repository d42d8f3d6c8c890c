import { Conv2d, Dropout, manualSeed, Sequential, train } from '@nnfuse/ir'
import { rule } from '@nnfuse/matcher'
import { definePlugin } from '@nnfuse/pass-manager'
import { testPlugin } from '@nnfuse/testing'
import { test } from 'vitest' // or from 'node:test'

const dropouts = definePlugin({
  name: '@acme/nnfuse-plugin-dropouts',
  rules: [
    rule('conv2d-dropout', [Conv2d, Dropout], (conv, dropout, cx) =>
      dropout.training ? cx.decline('dropout is in training mode') : conv,
    ),
  ],
})

const conv = manualSeed(0).Conv2d(3, 8, 3)

testPlugin(
  dropouts,
  {
    'conv2d-dropout': {
      fuses: [
        {
          model: Sequential([conv, Dropout()]),
          prints: `
            nn.GraphModule (x) -> (1)
              0: nn.Conv2d(3 -> 8, 3x3) : 1 <- x
          `,
        },
      ],
      declines: [{ model: Sequential([conv, train(Dropout())]), reason: 'dropout is in training mode' }],
    },
  },
  { test },
)
