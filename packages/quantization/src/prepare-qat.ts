import { flatten, type Model, type ModelLike, type Note, toModel } from '@nnfuse/ir'
import type { Decline, Plan } from '@nnfuse/matcher'
import { type ConfigAt, insertActivations } from './insert-activations.js'
import { type QatSwap, qatSwaps, staysFloat, swapRules } from './qat-swaps.js'
import { type QConfig, type QConfigMapping, qconfigFor } from './qconfig.js'
import { replaceLayers } from './replace-layers.js'

export interface PrepareQatOptions {
  /** Rows for kinds of layers that are not known here; they come before ours for the same kind. */
  readonly swaps?: readonly QatSwap[]
  /** Whether values between layers are quantized, too, or weights only. Default true. */
  readonly activations?: boolean
}

const noteOf = ({ paths: [path = ''], reason }: Decline): Note => ({
  path,
  what: 'a layer that stays in float',
  reason,
})

/** The qconfig of each layer that was swapped, by its path. */
const preparedBy = ({ applications, graph }: Plan, configAt: ConfigAt): ReadonlyMap<string, QConfig> =>
  new Map(
    applications.flatMap(({ path, paths: [from = ''] }): [string, QConfig][] => {
      const module = graph.children.get(from)
      const config = module && configAt(from, module)
      return config ? [[path, config]] : []
    }),
  )

/**
 * The model for quantization-aware training: layers with a weight quantize it in each forward, and values between
 * layers are quantized where integer kernels will take or give them. Fuse first, for training (`fuseModulesQat`): a
 * batch-norm or ReLU that is held together with its layer is quantized as one with it.
 *
 * Like torch's `prepare_qat`, but a flat graph comes out, and each layer stays in the mode it is in. Hooks move to the
 * layer that takes the place of theirs. What could not be prepared, and why, is in the notes of the model.
 *
 * @param mapping which layers, and how
 * @throws NnfuseError `BAD_QCONFIG`, `BAD_QUANT_SPEC`
 */
export const prepareQat = (
  model: ModelLike,
  mapping: QConfigMapping,
  { swaps = [], activations = true }: PrepareQatOptions = {},
): Model => {
  const held = toModel(model)
  const configAt: ConfigAt = (path, module) => qconfigFor(mapping, path, module)
  const { graph, plan } = replaceLayers(flatten(held.root), swapRules([...qatSwaps, ...swaps], mapping))
  const root = activations ? insertActivations(graph, preparedBy(plan, configAt), configAt) : graph
  const result = held.with(root)
  const declined = plan.declines.filter(({ reason }) => reason !== staysFloat)
  result.notes = [...held.notes, ...declined.map(noteOf)]
  return result
}
