import { type FusionCase, leaves } from './fusion-case.js'
import { bn, conv, image, kernel, statistics } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

/** The mean of a batch-norm is an input. */
const meanFromOutside = (m: ModelBuilder): string => {
  const y = conv(m, image(m))
  const [scale = '', shift = '', , variance = ''] = statistics(m, 4)
  return bn(m, y, 4, { parameters: [scale, shift, m.input([4]), variance] })
}

/** Two more results: the new running statistics. */
const withThreeResults = (m: ModelBuilder, y: string): string => {
  m.nodes.at(-1)?.output.push('mean_now', 'variance_now')
  return y
}

const training = { attributes: { training_mode: 1 } }

/** What is known only when the model runs. */
export const runTime: readonly FusionCase[] = [
  leaves(
    '41',
    'BatchNormalization with training_mode=1',
    2,
    /exported in training mode/,
    (m) => bn(m, conv(m, image(m)), 4, training),
    {
      ranBy: 'same bytes',
    },
  ),
  leaves(
    '42',
    'BatchNormalization with training_mode=1 and three results',
    2,
    /exported in training mode/,
    (m) => withThreeResults(m, bn(m, conv(m, image(m)), 4, training)),
  ),
  leaves('70', "Conv's weight is an input", 2, /its weight is an input of the graph/, (m) =>
    bn(m, conv(m, image(m), kernel, { weight: m.input(kernel) })),
  ),
  leaves(
    '71',
    "BatchNormalization's mean is an input",
    2,
    /its mean is an input of the graph/,
    meanFromOutside,
  ),
  leaves('75', "Conv's bias is an input", 2, /its bias is an input of the graph/, (m) =>
    bn(m, conv(m, image(m), kernel, { bias: m.input([4]) })),
  ),
]
