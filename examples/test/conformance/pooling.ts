import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets } from './conformance-case.js'
import { convBn, type Sizes, thenConvBn } from './neighbours.js'

const kernel_shape = [3, 2]

type Row = readonly [what: string, attributes: Attributes, opsets: readonly number[], x?: Sizes]

const common: readonly Row[] = [
  ['as it is', { kernel_shape }, [7, 11, 22]],
  ['strides', { kernel_shape, strides: [2, 3] }, [7, 22]],
  ['pads', { kernel_shape, pads: [1, 0, 2, 1] }, [7, 22]],
  ['strides and the same pads on both sides', { kernel_shape, strides: [2, 2], pads: [1, 1, 1, 1] }, [11]],
  ['SAME_UPPER', { kernel_shape, auto_pad: 'SAME_UPPER', strides: [2, 1] }, [7, 22]],
  ['SAME_LOWER', { kernel_shape, auto_pad: 'SAME_LOWER', strides: [2, 1] }, [7]],
  ['VALID', { kernel_shape, auto_pad: 'VALID', strides: [2, 2] }, [11]],
  ['ceil_mode', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }, [10, 22]],
  ['ceil_mode and pads', { kernel_shape, strides: [3, 2], pads: [1, 0, 1, 1], ceil_mode: 1 }, [11, 22]],
  ['1 axis', { kernel_shape: [3], strides: [2] }, [11], [2, 4, 8]],
  ['3 axes', { kernel_shape: [2, 1, 2], strides: [1, 2, 2] }, [11], [1, 4, 4, 5, 6]],
]

const ofMax: readonly Row[] = [
  ['dilations', { kernel_shape, dilations: [2, 3] }, [10, 22]],
  ['dilations of 1', { kernel_shape, dilations: [1, 1] }, [12]],
  ['storage_order', { kernel_shape, storage_order: 1 }, [8]],
]

const ofAverage: readonly Row[] = [
  ['count_include_pad', { kernel_shape, pads: [1, 1, 1, 1], count_include_pad: 1 }, [7, 11, 22]],
  ['pads, count_include_pad=0', { kernel_shape, pads: [1, 1, 1, 1], count_include_pad: 0 }, [11]],
  [
    'ceil_mode, pads, count_include_pad',
    { kernel_shape, strides: [3, 2], pads: [1, 0, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    [11, 22],
  ],
  [
    'SAME_UPPER, count_include_pad',
    { kernel_shape, auto_pad: 'SAME_UPPER', strides: [2, 2], count_include_pad: 1 },
    [11],
  ],
  ['dilations', { kernel_shape, dilations: [2, 3] }, [19, 22]],
]

const casesOf = (opType: string, rows: readonly Row[]): ConformanceCase[] =>
  rows.flatMap(([what, attributes, opsets, x = [2, 4, 7, 7]]) =>
    inOpsets(opsets, `${opType}, ${what}`, (m) =>
      thenConvBn(m, m.node(opType, [convBn(m, x)], attributes), 4, x.length - 2),
    ),
  )

export const pooling: readonly ConformanceCase[] = [
  ...casesOf('MaxPool', [...common, ...ofMax]),
  ...casesOf('AveragePool', [...common, ...ofAverage]),
  ...casesOf('GlobalAveragePool', [
    ['1 axis', {}, [7], [2, 4, 8]],
    ['2 axes', {}, [7, 22]],
    ['3 axes', {}, [11], [1, 4, 4, 5, 6]],
  ]),
  ...inOpsets([13], 'MaxPool whose indices are used', (m) => {
    const y = m.node('MaxPool', [convBn(m, [2, 4, 6, 6])], { kernel_shape: [2, 2] })
    m.nodes.at(-1)?.output.push('indices')
    return m.node('Add', [y, m.node('Cast', ['indices'], { to: 1 })])
  }),
]
