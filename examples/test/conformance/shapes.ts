import type { ModelBuilder } from '../fusion-cases/model-builder.js'
import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets, oneOf } from './conformance-case.js'
import { convBn, type Sizes, thenConvBn } from './neighbours.js'

const sizes = [2, 4, 6, 5]
const x = (m: ModelBuilder): string => convBn(m, sizes)

const concat = (m: ModelBuilder, others: readonly Sizes[], axis: number): string =>
  m.node('Concat', [x(m), ...others.map((other) => convBn(m, other))], { axis })

const concats: readonly ConformanceCase[] = [
  ...inOpsets([7, 13], 'Concat of channels', (m) => thenConvBn(m, concat(m, [[2, 3, 6, 5], sizes], 1), 11)),
  ...inOpsets([7], 'Concat of the batch', (m) => thenConvBn(m, concat(m, [[1, 4, 6, 5]], 0), 4)),
  ...inOpsets([11, 13], 'Concat along axis -1', (m) => thenConvBn(m, concat(m, [[2, 4, 6, 2]], -1), 4)),
  ...inOpsets([13], 'Concat along axis -3', (m) => thenConvBn(m, concat(m, [[2, 1, 6, 5]], -3), 5)),
  ...inOpsets([13], 'Concat of one', (m) => thenConvBn(m, concat(m, [], 1), 4)),
  ...inOpsets([13], 'Concat of the same twice', (m) => {
    const value = x(m)
    return thenConvBn(m, m.node('Concat', [value, value], { axis: 1 }), 8)
  }),
]

const flattens: readonly ConformanceCase[] = [
  ...[0, 1, 2, 3, 4].flatMap((axis) =>
    inOpsets(axis === 1 ? [9, 13, 21] : [9], `Flatten, axis ${axis}`, (m) =>
      m.node('Flatten', [x(m)], { axis }),
    ),
  ),
  ...[-1, -2, -3, -4].flatMap((axis) =>
    inOpsets([13], `Flatten, axis ${axis}`, (m) => m.node('Flatten', [x(m)], { axis })),
  ),
]

const reshape = (m: ModelBuilder, shape: Sizes, attributes?: Attributes): string =>
  m.node('Reshape', [x(m), m.ints(...shape)], attributes)

const reshapes: readonly ConformanceCase[] = [
  ...[
    [0, -1],
    [-1],
    [0, 0, -1],
    [0, 0, 30],
    [2, 4, 6, 5],
    [-1, 4, 30],
    [4, 2, -1],
    [0, 2, 2, 6, 5],
    [6, 0, -1],
  ].flatMap((shape, i) =>
    inOpsets(oneOf([7, 13], i), `Reshape to (${shape.join(', ')})`, (m) => reshape(m, shape)),
  ),
  ...inOpsets([14, 21], 'Reshape with allowzero', (m) => reshape(m, [2, -1], { allowzero: 1 })),
  ...inOpsets([14], 'Reshape without allowzero', (m) => reshape(m, [0, -1], { allowzero: 0 })),
  ...inOpsets([13], 'Reshape to a shape that is computed', (m) =>
    m.node('Reshape', [x(m), m.node('Shape', [m.input([4, 60])])]),
  ),
  ...inOpsets([13], 'Reshape to 3 axes and to 4 again', (m) =>
    thenConvBn(m, m.node('Reshape', [reshape(m, [0, 0, -1]), m.ints(0, 0, 5, 6)]), 4),
  ),
]

/** An attribute up to opset 12, an input from 13 on. */
const withAxes = (m: ModelBuilder, opType: string, value: string, axes: Sizes, opset: number): string =>
  opset < 13 ? m.node(opType, [value], { axes }) : m.node(opType, [value, m.ints(...axes)])

const inBothForms = (
  opType: string,
  from: Sizes,
  axes: Sizes,
  then: (m: ModelBuilder, y: string) => string = (_, y) => y,
): ConformanceCase[] =>
  [11, 13].flatMap((opset) =>
    inOpsets([opset], `${opType} of (${from.join(', ')}), axes ${axes.join(', ')}`, (m) =>
      then(m, withAxes(m, opType, convBn(m, from), axes, opset)),
    ),
  )

const axes: readonly ConformanceCase[] = [
  ...inBothForms('Squeeze', [2, 4, 1, 5], [2], (m, y) => thenConvBn(m, y, 4, 1)),
  ...inBothForms('Squeeze', [2, 4, 1, 1], [-1, -2]),
  ...inOpsets([11, 13], 'Squeeze of all that are 1', (m) => m.node('Squeeze', [convBn(m, [1, 4, 1, 5])])),
  ...inBothForms('Unsqueeze', [2, 4, 5], [-1], (m, y) => thenConvBn(m, y, 4)),
  ...inBothForms('Unsqueeze', [2, 4, 5], [0, 3]),
]

const transposes: readonly ConformanceCase[] = [
  ...inOpsets([7, 13], 'Transpose', (m) => m.node('Transpose', [x(m)])),
  ...inOpsets([13, 21], 'Transpose to channels last', (m) =>
    m.node('Transpose', [x(m)], { perm: [0, 2, 3, 1] }),
  ),
  ...inOpsets([13], 'Transpose of height and width', (m) =>
    thenConvBn(m, m.node('Transpose', [x(m)], { perm: [0, 1, 3, 2] }), 4),
  ),
  ...inOpsets([13], 'Transpose of batch and channels', (m) =>
    thenConvBn(m, m.node('Transpose', [x(m)], { perm: [1, 0, 2, 3] }), 2),
  ),
]

export const shapes: readonly ConformanceCase[] = [
  ...concats,
  ...flattens,
  ...reshapes,
  ...axes,
  ...transposes,
]
