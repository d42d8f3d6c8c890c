import type { ModelBuilder } from '../fusion-cases/model-builder.js'
import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets, oneOf } from './conformance-case.js'
import { convBn, type Sizes, thenConvBn } from './neighbours.js'

const around = [0, 0, 1, 2, 0, 0, 0, 1]

type Row = readonly [what: string, pads: Sizes, attributes: Attributes]

const rows: readonly Row[] = [
  ['constant', around, {}],
  ['constant', around, { mode: 'constant' }],
  ['reflect', around, { mode: 'reflect' }],
  ['edge', around, { mode: 'edge' }],
  ['cropping', [0, 0, -1, 0, 0, 0, 0, -2], {}],
  ['of nothing', [0, 0, 0, 0, 0, 0, 0, 0], {}],
]

const padded = (m: ModelBuilder, node: (x: string) => string): string =>
  thenConvBn(m, node(convBn(m, [2, 4, 6, 5])), 4)

const attributeForm = ([what, pads, attributes]: Row): ConformanceCase[] =>
  inOpsets([7], `Pad, ${what}, attributes${attributes['mode'] ? '' : ', mode not said'}`, (m) =>
    padded(m, (x) => m.node('Pad', [x], { ...attributes, pads })),
  )

const inputForm = ([what, pads, attributes]: Row, i: number): ConformanceCase[] =>
  inOpsets(
    oneOf([11, 18, 21], i),
    `Pad, ${what}, inputs${attributes['mode'] ? '' : ', mode not said'}`,
    (m) => padded(m, (x) => m.node('Pad', [x, m.ints(...pads)], attributes)),
  )

export const paddings: readonly ConformanceCase[] = [
  ...rows.flatMap(attributeForm),
  ...rows.flatMap(inputForm),
  ...inOpsets([7], 'Pad with 0.5, attribute', (m) =>
    padded(m, (x) => m.node('Pad', [x], { pads: around, value: { float: 0.5 } })),
  ),
  ...inOpsets([13], 'Pad with 0.5, input', (m) =>
    padded(m, (x) => m.node('Pad', [x, m.ints(...around), m.tensor('value', [], [0.5])])),
  ),
  ...inOpsets([18], 'Pad along axes', (m) =>
    padded(m, (x) => m.node('Pad', [x, m.ints(1, 0, 2, 1), '', m.ints(-1, 2)])),
  ),
  ...inOpsets([19], 'Pad, wrap', (m) =>
    padded(m, (x) => m.node('Pad', [x, m.ints(...around)], { mode: 'wrap' })),
  ),
]
