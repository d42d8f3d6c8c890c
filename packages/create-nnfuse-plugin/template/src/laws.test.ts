import { test } from 'node:test'
import { floatTensor, manualSeed, Sequential, train } from '@nnfuse/ir'
import { generate, layerGenerator, shapesWithAxes, testPlugin } from '@nnfuse/testing'
import plugin, { Scale } from './index.js'

const nn = manualSeed(0)
const conv = nn.Conv2d(3, 2, 3)
const scale = Scale(floatTensor([0.5, -2], [2, 1, 1]))

/** Random scales, for what the layer before them gives: `[batch, channels, height, width]`. */
const arbitraryScale = layerGenerator(shapesWithAxes(2), ([, channels = 1]) =>
  generate((random) => Scale(random.tensor([channels, 1, 1]))),
)

testPlugin(
  plugin(),
  {
    '{{prefix}}-conv2d-scale': {
      fuses: [
        {
          model: Sequential([conv, scale]),
          prints: `
            nn.GraphModule (x) -> (1)
              0: nn.Conv2d(3 -> 2, 3x3) : 1 <- x
          `,
        },
      ],
      declines: [
        { model: Sequential([conv, train(scale)]), reason: /1 is in training mode/ },
        {
          model: Sequential([conv, Scale(floatTensor([2], [1]))]),
          reason: /1 scales by 1, the channels of 0/,
        },
      ],
    },
  },
  { test, generators: { [Scale.kind]: arbitraryScale } },
)
