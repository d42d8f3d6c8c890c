import { type FusionCase, leaves, reaches } from './fusion-case.js'
import { bn, conv, image, kernel, relu, statistics } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

/** Two convolutions of two images with one weight. */
const oneWeight = (m: ModelBuilder): [string, string] => {
  const weight = m.weights(kernel)
  return [conv(m, image(m), kernel, { weight }), conv(m, image(m), kernel, { weight })]
}

/** Values, weights and statistics that are used more than once. */
export const shared: readonly FusionCase[] = [
  leaves(
    '35',
    'the result of Conv goes to BatchNormalization and to another node',
    3,
    /the output of conv is also used by relu/,
    (m) => {
      const y = conv(m, image(m))
      return [bn(m, y), relu(m, y)]
    },
  ),
  leaves(
    '36',
    'the result of Conv is an output',
    2,
    /the output of conv is also an output of the model/,
    (m) => {
      const y = conv(m, image(m))
      return [bn(m, y), y]
    },
  ),
  reaches('38', 'two Convs with one weight, a BatchNormalization each', 2, (m) => {
    const [a, b] = oneWeight(m)
    return [bn(m, a), bn(m, b)]
  }),
  reaches('39', 'two Convs with one weight, one has a BatchNormalization, the other a Relu', 3, (m) => {
    const [a, b] = oneWeight(m)
    return [bn(m, a), relu(m, b)]
  }),
  reaches('40', 'two Convs, BatchNormalizations with the same tensors', 2, (m) => {
    const parameters = statistics(m, 4)
    return [conv(m, image(m)), conv(m, image(m))].map((y) => bn(m, y, 4, { parameters }))
  }),
  reaches('76', 'two BatchNormalizations in a row with the same tensors', 1, (m) => {
    const parameters = statistics(m, 4)
    return bn(m, bn(m, conv(m, image(m)), 4, { parameters }), 4, { parameters })
  }),
]
