import type { ModelBuilder } from '../fusion-cases/model-builder.js'
import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets } from './conformance-case.js'
import { convBn, thenConvBn } from './neighbours.js'

const sizes = [2, 4, 6, 5]

/** Between two convolutions with batch-norms. */
const between = (
  opsets: readonly number[],
  name: string,
  node: (m: ModelBuilder, x: string) => string,
): ConformanceCase[] => inOpsets(opsets, name, (m) => thenConvBn(m, node(m, convBn(m, sizes)), 4))

const plain: readonly (readonly [opType: string, opsets: readonly number[], attributes?: Attributes])[] = [
  ['Relu', [7, 13, 14]],
  ['LeakyRelu', [7, 16]],
  ['LeakyRelu', [7, 16], { alpha: { float: 0.25 } }],
  ['Sigmoid', [7, 13]],
  ['Tanh', [7, 13]],
  ['Gelu', [20]],
  ['Gelu', [20], { approximate: 'tanh' }],
  ['HardSwish', [14, 22]],
  ['HardSigmoid', [7, 22]],
  ['HardSigmoid', [13], { alpha: { float: 0.3 }, beta: { float: 0.4 } }],
  ['Identity', [7, 13, 16]],
  ['Dropout', [7, 10, 12]],
  ['Dropout', [7, 10], { ratio: { float: 0.25 } }],
  ['Clip', [7, 12]],
  ['Clip', [7, 10], { min: { float: -0.5 }, max: { float: 0.75 } }],
  ['Clip', [7], { min: { float: -0.5 } }],
  ['Clip', [7], { max: { float: 0.75 } }],
]

const bound = (m: ModelBuilder, value: number): string => m.tensor('bound', [], [value])

const attributesText = (attributes: Attributes = {}): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}=${typeof value === 'object' ? Object.values(value)[0] : value}`)
    .join('')

export const activations: readonly ConformanceCase[] = [
  ...plain.flatMap(([opType, opsets, attributes]) =>
    between(opsets, `${opType}${attributesText(attributes)}`, (m, x) => m.node(opType, [x], attributes)),
  ),
  ...between([11, 13], 'Clip between inputs', (m, x) => m.node('Clip', [x, bound(m, -0.5), bound(m, 0.75)])),
  ...between([11, 13], 'Clip from an input', (m, x) => m.node('Clip', [x, bound(m, -0.5)])),
  ...between([11, 13], 'Clip up to an input', (m, x) => m.node('Clip', [x, '', bound(m, 0.75)])),
  ...between([13], 'Clip up to 6, as ReLU6', (m, x) => m.node('Clip', [x, bound(m, 0), bound(m, 6)])),
  ...between([13], 'Clip down to what is below', (m, x) => m.node('Clip', [x, bound(m, 1), bound(m, -1)])),
  ...between([13], 'Clip up to what is computed', (m, x) =>
    m.node('Clip', [x, '', m.node('ReduceMax', [m.input([3])], { keepdims: 0 })]),
  ),
  ...between([12, 13], 'Dropout with a ratio', (m, x) => m.node('Dropout', [x, bound(m, 0.25)])),
  ...between([13], 'Dropout with a ratio, and no training', (m, x) =>
    m.node('Dropout', [x, bound(m, 0.25), m.tensor('training', [], [0], 'bool')]),
  ),
  ...inOpsets([13], 'Dropout whose mask is used', (m) => {
    const y = m.node('Dropout', [convBn(m, sizes)])
    m.nodes.at(-1)?.output.push('mask')
    return m.node('Add', [y, m.node('Cast', ['mask'], { to: 1 })])
  }),
]
