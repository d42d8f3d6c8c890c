import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormArguments, type ModuleOf } from '@nnfuse/ir'
import { type Arbitrary, constant, constantFrom, integer, oneof, tuple } from 'fast-check'
import {
  channelsOf,
  type LayerGenerator,
  layerGenerator,
  type Shape,
  shapesWithAxes,
} from './layer-generator.js'
import { arbitraryTensor, tensorsOf } from './tensors.js'

/** Now and then nothing, or next to nothing: there eps decides. */
const variances = oneof(
  { weight: 4, arbitrary: integer({ min: 1, max: 300 }).map((value) => value / 100) },
  { weight: 1, arbitrary: constantFrom(1e-4, 1e-8, 0) },
)

const epsilons = constantFrom(1e-5, 1e-3, 0.1)

const affines = (features: number) =>
  oneof(
    { weight: 3, arbitrary: tuple(arbitraryTensor([features]), arbitraryTensor([features])) },
    { weight: 1, arbitrary: constant([null, null] as const) },
  )

const batchNormArguments = (input: Shape): Arbitrary<BatchNormArguments> => {
  const numFeatures = channelsOf(input)
  return tuple(
    affines(numFeatures),
    arbitraryTensor([numFeatures]),
    tensorsOf([numFeatures], variances),
    epsilons,
  ).map(([[weight, bias], runningMean, runningVar, eps]) => {
    return { numFeatures, weight, bias, runningMean, runningVar, eps }
  })
}

/**
 * Batch-norms with running statistics over `[N, C]` or `[N, C, L]`: affine (gamma of any sign) or not, variances down to
 * zero, small and large eps.
 */
export const arbitraryBatchNorm1d: LayerGenerator<ModuleOf<typeof BatchNorm1d>> = layerGenerator(
  oneof(shapesWithAxes(0), shapesWithAxes(1)),
  (input) => batchNormArguments(input).map((given) => BatchNorm1d(given)),
)

/** {@link arbitraryBatchNorm1d} over `[N, C, H, W]`. */
export const arbitraryBatchNorm2d: LayerGenerator<ModuleOf<typeof BatchNorm2d>> = layerGenerator(
  shapesWithAxes(2),
  (input) => batchNormArguments(input).map((given) => BatchNorm2d(given)),
)

/** {@link arbitraryBatchNorm1d} over `[N, C, D, H, W]`. */
export const arbitraryBatchNorm3d: LayerGenerator<ModuleOf<typeof BatchNorm3d>> = layerGenerator(
  shapesWithAxes(3),
  (input) => batchNormArguments(input).map((given) => BatchNorm3d(given)),
)
