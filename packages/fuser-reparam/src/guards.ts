import {
  type AnyModule,
  hasHooks,
  isBatchNorm,
  isConv,
  isFloat,
  quantizedOf,
  type Tensor,
  walk,
} from '@nnfuse/ir'
import { decline, type Guard } from '@nnfuse/matcher'

/** While they train, branches learn apart from each other; that is what they are for. */
export const inInference: Guard = ({ modules, paths }) => {
  const training = modules.findIndex((module) => module.training)
  return training < 0 || decline(`${paths[training]} is in training mode; call inference(model) first`)
}

/** Without running statistics a batch-norm depends on the batch at hand. */
export const hasRunningStats: Guard = ({ modules, paths }) => {
  const without = modules.findIndex(
    (module) =>
      isBatchNorm(module) && (module.attrs.runningMean === null || module.attrs.runningVar === null),
  )
  return (
    without < 0 || decline(`${paths[without]} keeps no running statistics: it normalizes by each batch's own`)
  )
}

const tensorsOf = (module: AnyModule): readonly (Tensor | null)[] => {
  if (isConv(module)) return [module.attrs.weight, module.attrs.bias]
  if (!isBatchNorm(module)) return []
  const { weight, bias, runningMean, runningVar } = module.attrs
  return [weight, bias, runningMean, runningVar]
}

/** Sums are rounded to the dtype that they are made of, so there has to be one; it has to be readable. */
export const sameFloats: Guard = ({ modules }) => {
  const layers = modules.flatMap((module) => [...walk(module)].map((located) => located.module))
  const tensors = layers.flatMap(tensorsOf).filter((tensor) => tensor !== null)
  const dtypes = new Set(tensors.map((tensor) => tensor.dtype))
  const [dtype, ...others] = dtypes
  if (dtype !== undefined && !isFloat(dtype)) return decline(`weights of ${dtype} cannot be added`)
  if (tensors.some(quantizedOf)) return decline('the weights are quantized, and their sum would not be')
  return others.length === 0 || decline(`the weights are of different types: ${[...dtypes].join(', ')}`)
}

/** Of a layer with its activation, the two: what the first of them sees and gives would be gone. */
export const hasNoHooksInside: Guard = ({ modules, paths }) => {
  const hooked = modules.findIndex(({ children }) =>
    [...children.values()].some(({ hooks }) => hasHooks(hooks)),
  )
  return hooked < 0 || decline(`a hook inside ${paths[hooked]} would be lost`)
}
