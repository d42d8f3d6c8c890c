import { type FusionCase, reaches } from './fusion-case.js'
import { bn, gemm, matMul, mulAdd, relu, reshape, transpose, withConstant } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

const rows = (m: ModelBuilder): string => m.input([6, 3])
const sequence = (m: ModelBuilder): string => m.input([2, 5, 3])
const two = { rank: 2 }
const three = { rank: 3 }

/** Gemm and MatMul, and the batch-norm or the arithmetic with them. */
export const matrices: readonly FusionCase[] = [
  reaches(
    '10',
    'Gemm with transB=1, BatchNormalization',
    1,
    (m) => bn(m, gemm(m, rows(m), [4, 3], { transB: 1 }, [4])),
    two,
  ),
  reaches(
    '11',
    'Gemm with transB=0, BatchNormalization',
    1,
    (m) => bn(m, gemm(m, rows(m), [3, 4], {}, [4])),
    two,
  ),
  reaches(
    '12',
    'Gemm with alpha and beta, BatchNormalization',
    1,
    (m) => bn(m, gemm(m, rows(m), [4, 3], { alpha: { float: 0.5 }, beta: { float: 2 }, transB: 1 }, [4])),
    two,
  ),
  reaches(
    '12b',
    'Gemm without bias, BatchNormalization',
    1,
    (m) => bn(m, gemm(m, rows(m), [4, 3], { transB: 1 })),
    two,
  ),
  reaches(
    '12c',
    'Gemm with a bias for each row, BatchNormalization',
    1,
    (m) => bn(m, gemm(m, rows(m), [4, 3], { transB: 1 }, [6, 4])),
    two,
  ),
  reaches(
    '13',
    'MatMul of a matrix, BatchNormalization: one Gemm',
    1,
    (m) => bn(m, matMul(m, rows(m), [3, 4])),
    two,
  ),
  reaches(
    '14',
    'MatMul, Add, BatchNormalization: one Gemm',
    1,
    (m) => bn(m, withConstant(m, 'Add', matMul(m, rows(m), [3, 4]), [4])),
    two,
  ),
  reaches(
    '17',
    'BatchNormalization before Gemm',
    1,
    (m) => gemm(m, bn(m, rows(m), 3), [4, 3], { transB: 1 }, [4]),
    two,
  ),
  reaches(
    '17b',
    'BatchNormalization before MatMul: one Gemm',
    1,
    (m) => matMul(m, bn(m, rows(m), 3), [3, 4]),
    two,
  ),
  reaches(
    '82',
    'Gemm, Mul and Add for each column',
    1,
    (m) => mulAdd(m, gemm(m, rows(m), [3, 4], {}, [4]), [4]),
    two,
  ),
  reaches(
    '83',
    'MatMul of sequences, Mul and Add along the last axis',
    2,
    (m) => mulAdd(m, matMul(m, sequence(m), [3, 4]), [4]),
    three,
  ),
  reaches('84', 'Gemm, Relu', 2, (m) => relu(m, gemm(m, rows(m), [4, 3], { transB: 1 }, [4])), two),
  reaches(
    '88',
    'MatMul of sequences, Transpose, BatchNormalization over features, Transpose back',
    2,
    (m) => transpose(m, bn(m, transpose(m, matMul(m, sequence(m), [3, 4]), [0, 2, 1])), [0, 2, 1]),
    three,
  ),
  reaches(
    '88b',
    'MatMul of sequences, Reshape to rows, BatchNormalization',
    3,
    (m) => bn(m, reshape(m, matMul(m, sequence(m), [3, 4]), -1, 4)),
    two,
  ),
]
