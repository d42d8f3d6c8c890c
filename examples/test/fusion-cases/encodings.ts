import { type FusionCase, leaves, reaches } from './fusion-case.js'
import { bn, conv, image, kernel } from './layers.js'
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
export const encodings: readonly FusionCase[] = [
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
  reaches('48', 'int8 weight through DequantizeLinear, whose scale takes the factors up', 2, (m) =>
    bn(m, conv(m, image(m), kernel, { weight: int8Weight(m) })),
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
