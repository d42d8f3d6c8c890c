import { type FusionCase, leaves, reaches } from './fusion-case.js'
import { biasedConv, bn, conv, image, kernel, mulAdd, relu, reshape, transpose } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

const padded = { attributes: { pads: [1, 1, 1, 1] } }
const pointwise = [5, 4, 1, 1]

/** Two convolutions of two images; of one image, they could be merged. */
const twoBranches = (m: ModelBuilder): [string, string] => [conv(m, image(m)), biasedConv(m, image(m))]

/** A batch-norm that is moved to the layer that takes it up. */
export const moved: readonly FusionCase[] = [
  reaches('15', 'BatchNormalization before Conv without padding', 1, (m) => conv(m, bn(m, image(m), 3))),
  leaves(
    '16',
    'BatchNormalization before Conv with zero padding: the border differs',
    2,
    /pads with zeros, where nothing would be added/,
    (m) => conv(m, bn(m, image(m), 3), kernel, padded),
  ),
  reaches('26', 'Identity between Conv and BatchNormalization', 1, (m) =>
    bn(m, m.node('Identity', [conv(m, image(m))])),
  ),
  reaches('27', 'Dropout between Conv and BatchNormalization', 1, (m) =>
    bn(m, m.node('Dropout', [conv(m, image(m))])),
  ),
  reaches(
    '29',
    'Conv, Squeeze of a spatial axis, BatchNormalization',
    2,
    (m) => bn(m, m.node('Squeeze', [conv(m, image(m, [2, 3, 3, 8])), m.ints(2)])),
    { rank: 3 },
  ),
  reaches(
    '31',
    'Conv, Reshape that keeps the channel axis, BatchNormalization',
    2,
    (m) => bn(m, reshape(m, conv(m, image(m)), 0, 4, -1)),
    { rank: 3 },
  ),
  reaches('32', 'Conv and two BatchNormalizations', 1, (m) => bn(m, bn(m, conv(m, image(m))))),
  reaches('33', 'Concat of two Convs, BatchNormalization', 3, (m) =>
    bn(m, m.node('Concat', twoBranches(m), { axis: 1 }), 8),
  ),
  reaches('34', 'Add of two Convs, BatchNormalization', 3, (m) => bn(m, m.node('Add', twoBranches(m)))),
  reaches('81', 'Conv, BatchNormalization, Relu, BatchNormalization, Conv of 1x1', 3, (m) =>
    conv(m, bn(m, relu(m, bn(m, conv(m, image(m))))), pointwise),
  ),
  reaches('95', 'Conv, Unsqueeze of a spatial axis, BatchNormalization', 2, (m) =>
    bn(m, m.node('Unsqueeze', [conv(m, image(m, [2, 3, 8]), [4, 3, 3]), m.ints(2)])),
  ),
  reaches('97', 'Conv, Transpose to channels last, Mul and Add along the last axis', 2, (m) =>
    mulAdd(m, transpose(m, conv(m, image(m)), [0, 2, 3, 1]), [4]),
  ),
  leaves(
    'A0',
    'Concat, BatchNormalization, Relu, Conv',
    4,
    /it comes from "x2", an input of the model/,
    (m) => conv(m, relu(m, bn(m, m.node('Concat', [image(m), image(m)], { axis: 1 }), 6)), [4, 6, 3, 3]),
  ),
]
