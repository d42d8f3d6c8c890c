import { aroundOne, type ModelBuilder } from '../fusion-cases/model-builder.js'
import { type ConformanceCase, inOpsets, oneOf } from './conformance-case.js'
import { convBn, type Sizes, thenConvBn } from './neighbours.js'

const sizes = [2, 4, 6, 5]

/** Constants that `[2, 4, 6, 5]` is broadcast with, to its own sizes. */
const constants: readonly Sizes[] = [
  [],
  [1],
  [5],
  [6, 1],
  [4, 1, 1],
  [4, 1, 5],
  [1, 4, 1, 1],
  [2, 1, 1, 1],
  sizes,
]

const operators = ['Add', 'Sub', 'Mul', 'Div']

const text = (shape: Sizes): string => `(${shape.join(', ')})`

const withConstants = (opType: string): ConformanceCase[] =>
  constants.flatMap((shape, i) =>
    inOpsets(oneOf([13, 7], i), `${opType} of a constant of ${text(shape)}`, (m) =>
      thenConvBn(m, m.node(opType, [convBn(m, sizes), m.weights(shape, aroundOne)]), 4),
    ),
  )

const more = (opType: string): ConformanceCase[] => [
  ...inOpsets([14], `${opType} of what a constant of (4, 1, 1) stands before`, (m) =>
    thenConvBn(
      m,
      m.node(opType, [
        m.weights([4, 1, 1], aroundOne),
        opType === 'Div' ? positive(m, sizes) : convBn(m, sizes),
      ]),
      4,
    ),
  ),
  ...inOpsets([14], `${opType} of a constant of 5 axes`, (m) =>
    m.node(opType, [convBn(m, sizes), m.weights([3, 1, 4, 1, 1], aroundOne)]),
  ),
  ...inOpsets([14], `${opType} of (1, 4, 1, 1), which a constant makes larger`, (m) =>
    thenConvBn(m, m.node(opType, [convBn(m, [1, 4, 1, 1]), m.weights([3, 1, 6, 5], aroundOne)]), 4),
  ),
  ...inOpsets([14], `${opType} of two layers`, (m) =>
    thenConvBn(m, m.node(opType, [convBn(m, sizes), positive(m, [2, 1, 6, 1])]), 4),
  ),
]

/** Of another layer, and nowhere near 0. */
const positive = (m: ModelBuilder, shape: Sizes): string =>
  m.node('Add', [m.node('Sigmoid', [convBn(m, shape)]), m.tensor('one', [1], [1])])

export const arithmetic: readonly ConformanceCase[] = operators.flatMap((opType) => [
  ...withConstants(opType),
  ...more(opType),
])
