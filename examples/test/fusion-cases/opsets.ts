import { type FusionCase, reaches } from './fusion-case.js'
import { biasedConv, bn, conv, image } from './layers.js'

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

/** A convolution and its batch-norm as each opset has them. */
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
