import { type FusionCase, reaches } from './fusion-case.js'
import { bn, conv, image } from './layers.js'
import type { ModelBuilder } from './model-builder.js'

const convBn = (m: ModelBuilder): string => bn(m, conv(m, image(m)))

/** What is computed in another dtype than float32. */
export const dtypes: readonly FusionCase[] = [
  reaches('51', 'float16 throughout', 1, convBn, { dtype: 'float16', tolerance: 2e-3 }),
  reaches('52', 'bfloat16 throughout, opset 22', 1, convBn, {
    dtype: 'bfloat16',
    opset: 22,
    irVersion: 10,
    ranBy: 'nnfuse runtime',
    tolerance: 2e-2,
  }),
  reaches(
    '53',
    'float16 Conv, float32 statistics',
    1,
    (m) => bn(m, conv(m, image(m)), 4, { dtype: 'float32' }),
    {
      dtype: 'float16',
      tolerance: 2e-3,
    },
  ),
  reaches('54', 'float64 throughout', 1, convBn, {
    dtype: 'float64',
    ranBy: 'nnfuse runtime',
    tolerance: 1e-12,
  }),
]
