import { type FusionCase, leaves, reaches } from './fusion-case.js'
import { biasedConv, bn, conv, image, kernel, statistics } from './layers.js'
import { aroundZero, type ModelBuilder } from './model-builder.js'
import { constantProto, dataTypeOf, infoProto } from './protos.js'

const convBn = (m: ModelBuilder): string => bn(m, conv(m, image(m)))

/** Lists every initializer among the inputs. */
const listed = (m: ModelBuilder): string => {
  const y = convBn(m)
  m.listed.push(...m.initializers.map(({ name, dims }) => infoProto(name, dims.map(Number), m.dtype)))
  return y
}

/** Makes every initializer a Constant node. */
const asConstants = (m: ModelBuilder): string => {
  const y = convBn(m)
  m.nodes.unshift(...m.initializers.splice(0).map((tensor) => constantProto(tensor.name, tensor)))
  return y
}

const int8Weight = (m: ModelBuilder): string => {
  const values = m.drawn(4 * 3 * 3 * 3, [-127, 127])
  const scales = m.weights([4], [0.002, 0.004], 'float32', 'scale_of_w')
  const zeros = m.tensor('zero_of_w', [4], [0, 0, 0, 0], 'int8')
  return m.node('DequantizeLinear', [m.tensor('w', kernel, values.map(Math.round), 'int8'), scales, zeros], {
    axis: 0,
  })
}

const float16Weight = (m: ModelBuilder): string =>
  m.node('Cast', [m.weights(kernel, aroundZero, 'float16')], { to: dataTypeOf('float32') })

/** How a file may spell the tensors of a convolution and a batch-norm that are constants. */
const constants: readonly FusionCase[] = [
  reaches('44', 'IR version 3 lists initializers as inputs: constants', 1, listed, {
    irVersion: 3,
    opset: 8,
  }),
  leaves(
    '45',
    'IR version 8: initializers that are inputs may be overridden',
    2,
    /may be overridden at run time/,
    listed,
    {
      onRequest: 1,
    },
  ),
  reaches('46', 'weights and statistics from Constant nodes', 1, asConstants),
  reaches('47', 'weight through Identity', 1, (m) =>
    bn(m, conv(m, image(m), kernel, { weight: m.node('Identity', [m.weights(kernel)]) })),
  ),
  leaves(
    '48',
    'int8 weight through DequantizeLinear, which folding would make floats',
    3,
    /its weight is quantized/,
    (m) => bn(m, conv(m, image(m), kernel, { weight: int8Weight(m) })),
    { fewest: 2 },
  ),
  reaches('49', 'weight through Transpose of a constant', 1, (m) => {
    const weight = m.node('Transpose', [m.weights([3, 3, 3, 4])], { perm: [3, 2, 0, 1] })
    return bn(m, conv(m, image(m), kernel, { weight }))
  }),
  reaches('50', 'float16 weight through Cast to float32', 1, (m) =>
    bn(m, conv(m, image(m), kernel, { weight: float16Weight(m) })),
  ),
  reaches('72', "the name of Conv's bias is empty", 1, (m) => bn(m, conv(m, image(m), kernel, { bias: '' }))),
]

const dtypes: readonly FusionCase[] = [
  reaches('51', 'float16 throughout', 1, convBn, { dtype: 'float16', tolerance: 2e-3 }),
  reaches('52', 'bfloat16 throughout, opset 22', 1, convBn, {
    dtype: 'bfloat16',
    opset: 22,
    irVersion: 10,
    ranBy: 'nnfuse runtime',
    tolerance: 2e-2,
  }),
  reaches(
    '53',
    'float16 Conv, float32 statistics',
    1,
    (m) => bn(m, conv(m, image(m)), 4, { dtype: 'float32' }),
    {
      dtype: 'float16',
      tolerance: 2e-3,
    },
  ),
  reaches('54', 'float64 throughout', 1, convBn, {
    dtype: 'float64',
    ranBy: 'nnfuse runtime',
    tolerance: 1e-12,
  }),
]

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

/** What is known when the model runs only. */
const unknown: readonly FusionCase[] = [
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

export const encodings: readonly FusionCase[] = [...constants, ...dtypes, ...unknown]

/** Of each opset with the oldest IR version that may hold it. */
const irVersions: Readonly<Record<number, number>> = {
  11: 6,
  13: 7,
  14: 7,
  15: 8,
  18: 8,
  20: 9,
  21: 10,
  22: 10,
  23: 11,
  24: 12,
}

export const opsets: readonly FusionCase[] = [
  reaches(
    '43',
    'opset 8, BatchNormalization with spatial=1',
    1,
    (m) => bn(m, conv(m, image(m)), 4, { attributes: { spatial: 1 } }),
    { opset: 8, irVersion: 4 },
  ),
  ...Object.entries(irVersions).map(([opset, irVersion]) =>
    reaches(
      `55/${opset}`,
      `Conv, BatchNormalization in opset ${opset}`,
      1,
      (m) => bn(m, biasedConv(m, image(m))),
      {
        opset: Number(opset),
        irVersion,
      },
    ),
  ),
]
