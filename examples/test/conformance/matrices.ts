import { bn, gemm } from '../fusion-cases/layers.js'
import type { ModelBuilder } from '../fusion-cases/model-builder.js'
import type { Attributes } from '../fusion-cases/protos.js'
import { type ConformanceCase, inOpsets, oneOf } from './conformance-case.js'
import { convBn, type Sizes } from './neighbours.js'

/** `[4, 12]` */
const matrix = (m: ModelBuilder): string => m.node('Flatten', [convBn(m, [4, 3, 2, 2])])

const gemms: readonly (readonly [what: string, weight: Sizes, attributes: Attributes, bias?: Sizes])[] = [
  ['as it is', [12, 5], {}, [5]],
  ['transB', [5, 12], { transB: 1 }, [5]],
  ['transA', [4, 5], { transA: 1 }, [5]],
  ['transA and transB', [5, 4], { transA: 1, transB: 1 }, [5]],
  ['alpha and beta', [12, 5], { alpha: { float: 0.5 }, beta: { float: -2 } }, [5]],
  ['beta of 0', [12, 5], { beta: { float: 0 } }, [5]],
  ['bias of (1, N)', [12, 5], {}, [1, 5]],
  ['bias of (M, 1)', [12, 5], {}, [4, 1]],
  ['bias of (M, N)', [12, 5], {}, [4, 5]],
  ['bias of (1)', [12, 5], {}, [1]],
  ['bias of ()', [12, 5], {}, []],
]

/** What stands at the other side of MatMul, and the sizes of its two operands. */
const products: readonly (readonly [x: Sizes, constant: Sizes])[] = [
  [[2, 4, 5], [5]],
  [
    [2, 4, 5],
    [5, 6],
  ],
  [
    [2, 4, 5],
    [1, 5, 3],
  ],
  [
    [2, 4, 5],
    [2, 5, 3],
  ],
  [
    [2, 4, 5],
    [3, 1, 5, 2],
  ],
  [[2, 3, 4, 5], [5]],
  [
    [2, 3, 4, 5],
    [5, 6],
  ],
  [
    [2, 3, 4, 5],
    [3, 5, 2],
  ],
  [
    [2, 3, 4, 5],
    [2, 1, 5, 2],
  ],
]

const constantFirst: typeof products = [
  [[2, 4, 5], [4]],
  [
    [2, 4, 5],
    [6, 4],
  ],
  [
    [2, 3, 4, 5],
    [3, 6, 4],
  ],
]

const row = (m: ModelBuilder): string => m.node('Reshape', [convBn(m, [2, 3, 2, 2]), m.ints(-1)])

const ofRank1And2: readonly ConformanceCase[] = [
  ...inOpsets([9, 13], 'MatMul of (4, 12) and (12, 5)', (m) =>
    bn(m, m.node('MatMul', [matrix(m), m.weights([12, 5])]), 5),
  ),
  ...inOpsets([13], 'MatMul of (4, 12) and (12)', (m) => m.node('MatMul', [matrix(m), m.weights([12])])),
  ...inOpsets([13], 'MatMul of (3, 4) and (4, 12), the first a constant', (m) =>
    bn(m, m.node('MatMul', [m.weights([3, 4]), matrix(m)]), 12),
  ),
  ...inOpsets([13], 'MatMul of (24) and (24, 3)', (m) => m.node('MatMul', [row(m), m.weights([24, 3])])),
  ...inOpsets([13], 'MatMul of (24) and (24)', (m) => m.node('MatMul', [row(m), m.weights([24])])),
  ...inOpsets([13], 'MatMul of (4, 12) and itself, transposed', (m) => {
    const x = matrix(m)
    return m.node('MatMul', [x, m.node('Transpose', [x])])
  }),
]

const text = (sizes: Sizes): string => `(${sizes.join(', ')})`

export const matrices: readonly ConformanceCase[] = [
  ...gemms.flatMap(([what, weight, attributes, bias], i) =>
    inOpsets(oneOf([9, 11, 13], i), `Gemm, ${what}`, (m) =>
      bn(m, gemm(m, matrix(m), weight, attributes, bias), 5),
    ),
  ),
  ...inOpsets([11], 'Gemm without bias', (m) => bn(m, gemm(m, matrix(m), [12, 5], {}), 5)),
  ...products.flatMap(([x, constant]) =>
    inOpsets([13], `MatMul of ${text(x)} and ${text(constant)}`, (m) =>
      m.node('Add', [m.node('MatMul', [convBn(m, x), m.weights(constant)]), m.weights([1])]),
    ),
  ),
  ...constantFirst.flatMap(([x, constant]) =>
    inOpsets([13], `MatMul of ${text(constant)}, a constant, and ${text(x)}`, (m) =>
      m.node('MatMul', [m.weights(constant), convBn(m, x)]),
    ),
  ),
  ...ofRank1And2,
]
