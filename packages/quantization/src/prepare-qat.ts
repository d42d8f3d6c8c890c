import { flatten, type GraphModuleOf, type Model, type ModelLike, type Note, toModel } from '@nnfuse/ir'
import type { Plan } from '@nnfuse/matcher'
import { floatNotes } from './float-notes.js'
import { type ConfigAt, insertActivations } from './insert-activations.js'
import { type QatSwap, qatSwaps, staysFloat, swapRules } from './qat-swaps.js'
import { isWithin, type QConfig, type QConfigMapping, qconfigFor } from './qconfig.js'
import { replaceLayers } from './replace-layers.js'

/** What {@link prepareQat} can be told besides the mapping. */
export interface PrepareQatOptions {
  /** Rows for kinds of layers that are not known here; they come before ours for the same kind. */
  readonly swaps?: readonly QatSwap[]
  /** Whether values between layers are quantized, too, or weights only. Default true. */
  readonly activations?: boolean
}

/** Names of the mapping that no layer has: whoever wrote them meant some layer. */
const strayNames = ({ names = {} }: QConfigMapping, { children }: GraphModuleOf): Note[] => {
  const paths = [...children.keys()]
  return Object.keys(names)
    .filter((name) => !paths.some((path) => isWithin(path, name)))
    .map((path) => ({ path, what: 'a name of the mapping', reason: 'no layer has this name' }))
}

/** As torch warns of it. */
const nothingMeant = ({ applications, declines }: Plan): Note[] =>
  applications.length === 0 && declines.every(({ reason }) => reason === staysFloat)
    ? [{ path: '', what: 'the model', reason: 'the mapping gives none of its layers a qconfig' }]
    : []

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
 * layer that takes the place of theirs. What could not be prepared, and why, and what in the mapping
 * is of no layer, is in the notes of the model.
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
  const flat = flatten(held.root)
  const { graph, plan } = replaceLayers(flat, swapRules([...qatSwaps, ...swaps], mapping))
  const root = activations ? insertActivations(graph, preparedBy(plan, configAt), configAt) : graph
  const result = held.with(root)
  result.notes = [...held.notes, ...strayNames(mapping, flat), ...nothingMeant(plan), ...floatNotes(plan)]
  return result
}
