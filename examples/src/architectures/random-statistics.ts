import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormModule,
  floatTensor,
  mapModules,
  type Tensor,
  withAttrs,
} from '@nnfuse/ir'
import { random } from './random.js'

const isNorm = (module: AnyModule): module is BatchNormModule =>
  BatchNorm1d.is(module) || BatchNorm2d.is(module)

/**
 * The model with batch-norms as if it had been trained: gamma and variance around 1, beta and mean around 0.
 * Fresh batch-norms would hide mistakes, since they do next to nothing.
 */
export const withRandomStatistics = (model: AnyModule, seed: number): AnyModule => {
  const next = random(seed)
  const drawn = (count: number, from: number, to: number): Tensor =>
    floatTensor(
      Float64Array.from({ length: count }, () => from + (to - from) * next()),
      [count],
    )
  return mapModules(model, (module) => {
    if (!isNorm(module)) return module
    const { numFeatures } = module.attrs
    return withAttrs(module, {
      weight: drawn(numFeatures, 0.5, 1.5),
      bias: drawn(numFeatures, -0.5, 0.5),
      runningMean: drawn(numFeatures, -0.5, 0.5),
      runningVar: drawn(numFeatures, 0.5, 1.5),
    })
  })
}
