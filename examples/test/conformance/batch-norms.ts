import { bn, conv, relu } from '../fusion-cases/layers.js'
import { type ConformanceCase, inOpsets } from './conformance-case.js'
import { convBn, type Sizes, thenConvBn } from './neighbours.js'

const sizes = [2, 4, 6, 5]

const ofRank = (x: Sizes): ConformanceCase[] =>
  inOpsets([9, 15], `BatchNormalization of ${x.length} axes, behind a Relu`, (m) =>
    thenConvBn(m, bn(m, relu(m, convBn(m, x))), 4, x.length - 2),
  )

export const batchNorms: readonly ConformanceCase[] = [
  ...inOpsets([7, 9, 14, 15, 22], 'BatchNormalization, epsilon and momentum', (m) =>
    bn(m, convBn(m, sizes), 4, { attributes: { epsilon: { float: 0.01 }, momentum: { float: 0.5 } } }),
  ),
  ...ofRank([2, 4, 6]),
  ...ofRank(sizes),
  ...ofRank([2, 4, 3, 2, 2]),
  ...inOpsets([13], 'BatchNormalization of 2 axes', (m) =>
    bn(m, relu(m, m.node('Flatten', [convBn(m, [4, 3, 2, 2])])), 12),
  ),
  ...inOpsets([14, 15], 'BatchNormalization that trains', (m) => {
    const y = bn(m, convBn(m, sizes), 4, { attributes: { training_mode: 1, momentum: { float: 0.75 } } })
    m.nodes.at(-1)?.output.push('mean_now', 'variance_now')
    return [thenConvBn(m, y, 4), 'mean_now', 'variance_now']
  }),
  ...inOpsets([13], 'BatchNormalization, and a Conv with pads', (m) =>
    bn(m, conv(m, bn(m, relu(m, convBn(m, sizes))), [4, 4, 3, 3], { attributes: { pads: [1, 1, 1, 1] } })),
  ),
]
