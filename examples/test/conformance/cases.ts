import { activations } from './activations.js'
import { arithmetic } from './arithmetic.js'
import { batchNorms } from './batch-norms.js'
import type { ConformanceCase } from './conformance-case.js'
import { convolutions } from './convolutions.js'
import { matrices } from './matrices.js'
import { paddings } from './paddings.js'
import { pooling } from './pooling.js'
import { shapes } from './shapes.js'

export const cases: readonly ConformanceCase[] = [
  ...convolutions,
  ...matrices,
  ...activations,
  ...arithmetic,
  ...shapes,
  ...paddings,
  ...pooling,
  ...batchNorms,
]
