import { type AnyModule, flatten, type Model, type ModelLike, toModel, withTraining } from '@nnfuse/ir'
import { type Declined, decline, isDeclined, type Rule, rule } from '@nnfuse/matcher'
import { floatNotes } from './float-notes.js'
import { partsOf, type QatParts } from './kinds/qat-layers.js'
import { type QatRow, qatTable } from './kinds/qat-table.js'
import { innerHook, staysFloat } from './qat-swaps.js'
import { type QConfig, type QConfigMapping, qconfigFor } from './qconfig.js'
import { replaceLayers } from './replace-layers.js'

/** The layer of integers for a float layer, or why there is none. */
export type MakeLayer = (
  row: QatRow,
  parts: Omit<QatParts, 'weight'>,
  config: QConfig,
  path: string,
) => AnyModule | Declined

const madeFrom = (
  row: QatRow,
  module: AnyModule,
  config: QConfig,
  make: MakeLayer,
  path: string,
): AnyModule | Declined => {
  const parts = partsOf(module)
  if (parts === undefined) return decline('it has no layer with a weight')
  if (parts.bn !== undefined) return decline('its batch-norm is not folded; fuse for inference first')
  const hooked = innerHook(module)
  if (hooked !== undefined) return decline(`a hook on its ${hooked} would be lost`)
  const made = make(row, parts, config, path)
  return isDeclined(made) ? made : withTraining(made, module.training)
}

/**
 * Quantizes layers whose inputs need not be seen, each by itself and as its weight stands. Paths, hooks and the rest of
 * the graph stay; what was declined is in the notes of the model.
 */
export const quantizeLayers = (model: ModelLike, mapping: QConfigMapping, make: MakeLayer): Model => {
  const held = toModel(model)
  const rules = qatTable.map(
    (row): Rule =>
      rule(`quantize ${row.float.kind}`, [row.float], (module, cx) => {
        const path = cx.paths[0] as string
        const config = qconfigFor(mapping, path, module)
        return config === null ? decline(staysFloat) : madeFrom(row, module, config, make, path)
      }),
  )
  const { graph, plan } = replaceLayers(flatten(held.root), rules)
  const result = held.with(graph)
  result.notes = [...held.notes, ...floatNotes(plan)]
  return result
}
