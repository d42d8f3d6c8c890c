import { bn, relu } from '../fusion-cases/layers.js'
import type { ModelBuilder } from '../fusion-cases/model-builder.js'
import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets, oneOf } from './conformance-case.js'
import { convBn, type Sizes } from './neighbours.js'

/** @param weight sizes as they are stored */
type Row = readonly [what: string, x: Sizes, weight: Sizes, attributes: Attributes]

const image = [2, 4, 7, 6]
const kernel = [4, 4, 3, 2]

/** What both operators have. */
const common: readonly Row[] = [
  ['as it is', image, kernel, {}],
  ['kernel_shape', image, kernel, { kernel_shape: [3, 2] }],
  ['strides', image, kernel, { strides: [3, 2] }],
  ['pads', image, kernel, { pads: [1, 0, 2, 1] }],
  ['dilations', image, kernel, { dilations: [2, 3] }],
  ['2 groups', image, [4, 2, 3, 2], { group: 2 }],
  ['a group for each channel', image, [4, 1, 3, 2], { group: 4 }],
  ['SAME_UPPER', image, kernel, { auto_pad: 'SAME_UPPER', strides: [2, 1] }],
  ['SAME_LOWER', image, kernel, { auto_pad: 'SAME_LOWER', strides: [2, 1] }],
  ['VALID', image, kernel, { auto_pad: 'VALID' }],
  ['1 axis', [2, 4, 9], [4, 4, 3], { strides: [2], pads: [1, 2] }],
  ['3 axes', [1, 4, 5, 6, 4], [4, 4, 2, 3, 1], { strides: [1, 2, 1], pads: [0, 1, 0, 1, 0, 1] }],
]

/** What ONNX Runtime computes of ConvTranspose only, and what Conv does not have. */
const transposed: readonly Row[] = [
  ['SAME_UPPER and dilations', image, kernel, { auto_pad: 'SAME_UPPER', dilations: [2, 3] }],
  ['SAME_LOWER and dilations', image, kernel, { auto_pad: 'SAME_LOWER', dilations: [2, 3] }],
  ['output_padding', image, kernel, { strides: [3, 2], output_padding: [2, 1] }],
  ['output_padding and pads', image, kernel, { strides: [3, 2], output_padding: [1, 0], pads: [1, 0, 0, 1] }],
  ['output_shape', image, kernel, { strides: [3, 2], output_shape: [22, 13] }],
  [
    'output_shape, SAME_UPPER',
    image,
    kernel,
    { strides: [3, 2], output_shape: [20, 11], auto_pad: 'SAME_UPPER' },
  ],
  [
    'output_shape, SAME_LOWER',
    image,
    kernel,
    { strides: [3, 2], output_shape: [20, 11], auto_pad: 'SAME_LOWER' },
  ],
  ['2 groups, strides and dilations', image, [4, 3, 3, 2], { group: 2, strides: [2, 1], dilations: [1, 2] }],
]

/** With a bias where the attributes say nothing of groups, so that there are cases of both. */
const inputsOf = (
  m: ModelBuilder,
  [, x, weight, attributes]: Row,
  channels: number,
): readonly [string, ...string[]] => [
  convBn(m, x),
  m.weights(weight),
  ...(attributes['group'] === undefined ? [m.weights([channels])] : []),
]

const casesOf = (opType: string, rows: readonly Row[], channelsOf: (row: Row) => number): ConformanceCase[] =>
  rows.flatMap((row, i) =>
    inOpsets(oneOf([8, 11, 22], i), `${opType}, ${row[0]}`, (m) => {
      const channels = channelsOf(row)
      return relu(m, bn(m, m.node(opType, inputsOf(m, row, channels), row[3]), channels))
    }),
  )

const groupsOf = ({ group = 1 }: Attributes): number => Number(group)

export const convolutions: readonly ConformanceCase[] = [
  ...casesOf('Conv', common, ([, , [channels = 0]]) => channels),
  ...casesOf(
    'ConvTranspose',
    [...common, ...transposed],
    ([, , [, channels = 0], attributes]) => channels * groupsOf(attributes),
  ),
]
