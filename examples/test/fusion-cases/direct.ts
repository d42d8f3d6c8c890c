import { type FusionCase, leaves, reaches } from './fusion-case.js'
import { biasedConv, bn, conv, convTranspose, image, kernel, relu } from './layers.js'
import { aroundZero, type ModelBuilder } from './model-builder.js'

const square = (...pads: number[]) => ({ pads, strides: [2, 1] })

const pad = (m: ModelBuilder): string =>
  m.node('Pad', [image(m), m.ints(0, 0, 1, 1, 0, 0, 1, 1)], { mode: 'constant' })

/** Scale, bias and mean as usual, and variances that leave epsilon to prevent a division by zero. */
const tinyVariances = (m: ModelBuilder): string[] => [
  ...['scale', 'shift', 'mean'].map((stem) => m.weights([4], aroundZero, 'float32', stem)),
  m.tensor('variance', [4], [0, 1e-12, 0, 1e-12]),
]

const swish = (m: ModelBuilder, x: string): string => m.node('Mul', [x, m.node('Sigmoid', [x])])

/** A convolution and the batch-norm behind it, of every kind. */
export const direct: readonly FusionCase[] = [
  reaches('01', 'Conv without bias, BatchNormalization', 1, (m) => bn(m, conv(m, image(m)))),
  reaches('02', 'Conv with bias, BatchNormalization', 1, (m) => bn(m, biasedConv(m, image(m)))),
  reaches('03', 'depthwise Conv, BatchNormalization', 1, (m) =>
    bn(m, conv(m, image(m), [3, 1, 3, 3], { attributes: { group: 3, ...square(1, 0, 1, 0) } }), 3),
  ),
  reaches('04', 'grouped Conv, BatchNormalization', 1, (m) =>
    bn(m, biasedConv(m, image(m, [2, 4, 8, 8]), [6, 2, 3, 3], { group: 2 }), 6),
  ),
  reaches(
    '05',
    'Conv of one spatial axis, BatchNormalization',
    1,
    (m) => bn(m, conv(m, image(m, [2, 3, 8]), [4, 3, 3])),
    {
      rank: 3,
    },
  ),
  reaches(
    '06',
    'Conv of three spatial axes, BatchNormalization',
    1,
    (m) => bn(m, conv(m, image(m, [1, 2, 5, 6, 4]), [3, 2, 3, 2, 1]), 3),
    { rank: 5 },
  ),
  reaches('07', 'ConvTranspose, BatchNormalization', 1, (m) =>
    bn(m, convTranspose(m, image(m), [3, 4, 3, 2])),
  ),
  reaches('08', 'ConvTranspose of 2 groups, BatchNormalization', 1, (m) =>
    bn(m, convTranspose(m, image(m, [2, 4, 5, 5]), [4, 3, 3, 3], 2), 6),
  ),
  reaches('09', 'depthwise ConvTranspose, BatchNormalization', 1, (m) =>
    bn(m, convTranspose(m, image(m), [3, 1, 3, 3], 3), 3),
  ),
  reaches('60', 'Conv, BatchNormalization, Relu', 2, (m) => relu(m, bn(m, conv(m, image(m))))),
  reaches('61', 'variances of 0 and 1e-12', 1, (m) =>
    bn(m, conv(m, image(m)), 4, { parameters: tinyVariances(m) }),
  ),
  reaches('62', 'Conv with auto_pad=SAME_UPPER', 1, (m) =>
    bn(m, conv(m, image(m), [4, 3, 2, 3], { attributes: { auto_pad: 'SAME_UPPER', strides: [2, 1] } })),
  ),
  reaches('63', 'Pad with zeros, Conv, BatchNormalization', 1, (m) => bn(m, conv(m, pad(m)))),
  reaches('65', 'sizes of batch, height and width are symbols', 1, (m) =>
    bn(m, conv(m, image(m, ['batch', 3, 'height', 'width']))),
  ),
  reaches('77', 'one output channel', 1, (m) => bn(m, conv(m, image(m), [1, 3, 3, 3]), 1)),
  reaches('85', 'Conv, BatchNormalization, Clip to 0..6', 2, (m) =>
    m.node('Clip', [bn(m, conv(m, image(m))), m.tensor('low', [], [0]), m.tensor('high', [], [6])]),
  ),
  reaches('85b', 'Conv, BatchNormalization, x * sigmoid(x)', 3, (m) => swish(m, bn(m, conv(m, image(m))))),
  reaches('85c', 'Conv, BatchNormalization, HardSwish', 2, (m) =>
    m.node('HardSwish', [bn(m, conv(m, image(m)))]),
  ),
  reaches('96', 'Conv, BatchNormalization, Add of a shortcut, Relu', 3, (m) =>
    relu(m, m.node('Add', [bn(m, conv(m, image(m))), m.input([2, 4, 6, 6])])),
  ),
  reaches('99', 'epsilon is 0', 1, (m) =>
    bn(m, conv(m, image(m)), 4, { attributes: { epsilon: { float: 0 } } }),
  ),
  reaches('99b', 'epsilon is not said: 1e-5', 1, (m) => bn(m, conv(m, image(m), kernel))),
  leaves('80', 'Conv, Relu, BatchNormalization', 3, /nothing is moved past conv \(nni\.ConvReLU2d\)/, (m) =>
    bn(m, relu(m, conv(m, image(m)))),
  ),
]
