import { type FusionCase, leaves } from './fusion-case.js'
import { bn, conv, image, matMul, reshape, transpose, withConstant } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

const notAxis = (own: number, other: number) => new RegExp(`its channels are axis ${own}, not axis ${other}`)

/** A convolution whose result is [2, 4, 6, 4]: as wide as it has channels. */
const asWideAsDeep = (m: ModelBuilder): string => conv(m, image(m, [2, 3, 8, 6]))
/** A convolution whose result is [2, 4, 4, 6]: as high as it has channels. */
const asHighAsDeep = (m: ModelBuilder): string => conv(m, image(m, [2, 3, 6, 8]))

const quantized = (m: ModelBuilder, x: string): string => {
  const parameters = [m.tensor('scale_of_x', [], [0.05]), m.tensor('zero_of_x', [], [128], 'uint8')]
  return m.node('DequantizeLinear', [m.node('QuantizeLinear', [x, ...parameters]), ...parameters])
}

/** Sizes that agree by chance, and arithmetic that is not one number a channel. */
export const traps: readonly FusionCase[] = [
  leaves('21', 'Add of (C) goes along the last axis, as wide as there are channels', 2, notAxis(1, 3), (m) =>
    withConstant(m, 'Add', asWideAsDeep(m), [4]),
  ),
  leaves('22', 'Mul of (C) goes along the last axis, as wide as there are channels', 2, notAxis(1, 3), (m) =>
    withConstant(m, 'Mul', asWideAsDeep(m), [4]),
  ),
  leaves(
    '22b',
    'Add of (1, 1, C, 1) goes along the height, as high as there are channels',
    2,
    notAxis(1, 2),
    (m) => withConstant(m, 'Add', asHighAsDeep(m), [1, 1, 4, 1]),
  ),
  leaves('78', 'Add of a number for each element', 2, /its constant varies along 3 axes/, (m) =>
    withConstant(m, 'Add', conv(m, image(m)), [1, 4, 6, 6]),
  ),
  leaves(
    '90',
    'MatMul of sequences, BatchNormalization over the steps, as many as there are columns',
    2,
    /matmul gives 3 axes, so batchnormalization normalizes axis 1/,
    (m) => bn(m, matMul(m, m.input([2, 4, 3]), [3, 4])),
    { rank: 3 },
  ),
  leaves(
    '91',
    'MatMul of a matrix, Transpose, BatchNormalization over the rows, as many as there are columns',
    3,
    notAxis(1, 0),
    (m) => bn(m, transpose(m, matMul(m, m.input([4, 3]), [3, 4]), [1, 0])),
    { rank: 2 },
  ),
  leaves(
    '92',
    'MatMul, Reshape that mixes the columns, BatchNormalization',
    3,
    /not certain that its axis 1 is one axis of its input/,
    (m) => bn(m, reshape(m, matMul(m, m.input([6, 3]), [3, 4]), 2, 4, 3)),
    { rank: 3 },
  ),
  leaves(
    '98',
    'QuantizeLinear and DequantizeLinear between Conv and BatchNormalization',
    4,
    /nothing is moved past dequantizelinear/,
    (m) => bn(m, quantized(m, conv(m, image(m)))),
  ),
]
