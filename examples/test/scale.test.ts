import { floatTensor, manualSeed, Sequential, train } from '@nnfuse/ir'
import { arbitraryTensor, layerGenerator, shapesWithAxes, testPlugin } from '@nnfuse/testing'
import { test } from 'vitest' // or from 'node:test'
import { scale } from '../src/scale/plugin.js'
import { Scale } from '../src/scale/scale.js'

const nn = manualSeed(0)
const conv = nn.Conv2d(3, 2, 3)
const gamma = Scale(floatTensor([0.5, -2], [2, 1, 1]))

/** Random ones, for what the layer before gives: `[batch, channels, ...space]`. */
const arbitraryScale = layerGenerator(shapesWithAxes(2), ([, channels = 1, ...space]) =>
  arbitraryTensor([channels, ...space.map(() => 1)]).map((factor) => Scale(factor)),
)

testPlugin(
  scale(),
  {
    'layer-scale': {
      fuses: [
        {
          model: Sequential([conv, gamma]),
          prints: `
            nn.GraphModule (x) -> (1)
              0: nn.Conv2d(3 -> 2, 3x3) : 1 <- x
          `,
        },
        Sequential([nn.Linear(3, 2), Scale(floatTensor([0.5, -2], [2]))]),
      ],
      declines: [
        {
          model: Sequential([conv, train(gamma)]),
          reason: '1 is in training mode; call inference(model) first',
        },
        {
          model: Sequential([conv, Scale(floatTensor([0.5, -2], [2]))]),
          reason: '1 scales by 2, the channels of 0 are 2x1x1',
        },
      ],
    },
  },
  { test, generators: { 'acme.Scale': arbitraryScale } },
)
