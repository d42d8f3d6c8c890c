import { type FusionCase, reaches } from './fusion-case.js'
import {
  biasedConv,
  bn,
  constantFirst,
  conv,
  convTranspose,
  image,
  kernel,
  mulAdd,
  relu,
  withConstant,
} from './layers.js'
import { aroundOne, type ModelBuilder } from './model-builder.js'

/** The names that a folded convolution would give its tensors are those of other values. */
const takenNames = (m: ModelBuilder): string => {
  const normalized = bn(m, conv(m, image(m)))
  const scaled = m.node('Mul', [normalized, m.weights([4, 1, 1], aroundOne, 'float32', 'conv.weight')])
  const result = relu(m, scaled)
  const [last] = m.nodes.slice(-1)
  last?.output.splice(0, 1, 'conv.bias')
  return result && 'conv.bias'
}

/** Batch-norms and biases that are spelled as arithmetic with constants. */
export const decomposed: readonly FusionCase[] = [
  reaches('18', 'Conv, Mul and Add of (C, 1, 1)', 1, (m) => mulAdd(m, conv(m, image(m)), [4, 1, 1])),
  reaches('18b', 'Conv with bias, Mul and Add of (1, C, 1, 1)', 1, (m) =>
    mulAdd(m, biasedConv(m, image(m)), [1, 4, 1, 1]),
  ),
  reaches('19', 'Conv, Mul and Add of scalars', 1, (m) => mulAdd(m, conv(m, image(m)), [])),
  reaches('20', 'Conv, Mul and Add with the constant first', 1, (m) =>
    constantFirst(m, 'Add', constantFirst(m, 'Mul', conv(m, image(m)), [4, 1, 1]), [4, 1, 1]),
  ),
  reaches('23', 'Conv, Add of (1, C, 1, 1)', 1, (m) =>
    withConstant(m, 'Add', conv(m, image(m)), [1, 4, 1, 1]),
  ),
  reaches('25', 'Conv, Sub and Div by constants for each channel', 1, (m) =>
    withConstant(m, 'Div', withConstant(m, 'Sub', conv(m, image(m)), [4, 1, 1]), [1, 4, 1, 1]),
  ),
  reaches(
    '74',
    'Conv, BatchNormalization, Mul for each channel, Relu; the obvious names are taken',
    2,
    takenNames,
  ),
  reaches('79', 'Conv, Add of (1, C, 1, 1), BatchNormalization', 1, (m) =>
    bn(m, withConstant(m, 'Add', conv(m, image(m)), [1, 4, 1, 1])),
  ),
  reaches('86', 'ConvTranspose, Mul and Add', 1, (m) =>
    mulAdd(m, convTranspose(m, image(m), [3, 4, 3, 3]), [4, 1, 1]),
  ),
  reaches('87', 'ConvTranspose of 2 groups, Mul', 1, (m) =>
    withConstant(m, 'Mul', convTranspose(m, image(m, [2, 4, 5, 5]), [4, 3, 3, 3], 2), [6, 1, 1]),
  ),
  reaches('87b', 'ConvTranspose of 2 groups, Add', 1, (m) =>
    withConstant(m, 'Add', convTranspose(m, image(m, [2, 4, 5, 5]), [4, 3, 3, 3], 2), [6, 1, 1]),
  ),
  reaches('93', 'Conv, Mul and Add of one number each, of shape (1)', 1, (m) =>
    mulAdd(m, conv(m, image(m), kernel), [1]),
  ),
  reaches(
    '94',
    'Conv of one spatial axis, Mul and Add of (C, 1)',
    1,
    (m) => mulAdd(m, conv(m, image(m, [2, 3, 8]), [4, 3, 3]), [4, 1]),
    {
      rank: 3,
    },
  ),
]
