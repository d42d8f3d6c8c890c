import { type AnyKind, type AnyModule, hasHooks } from '@nnfuse/ir'
import { type Declined, decline, type MatchContext, type Rule, rule } from '@nnfuse/matcher'
import { partsOf, type QatKind, whyNotTogether } from './kinds/qat-layers.js'
import { qatTable } from './kinds/qat-table.js'
import { type QConfig, type QConfigMapping, qconfigFor } from './qconfig.js'

/** How layers of one kind are made ready for quantization-aware training. A plugin adds rows for kinds of its own. */
export interface QatSwap {
  readonly from: AnyKind
  /** The layer that quantizes its weight as the qconfig says, or the reason why there is none. */
  prepare(module: AnyModule, config: QConfig, cx: Pick<MatchContext, 'paths'>): AnyModule | Declined
}

/** A layer inside another does not run any more as itself, so its hooks would be silent. */
export const innerHook = (module: AnyModule): string | undefined =>
  [...module.children].find(([, { kind, hooks }]) => !kind.startsWith('nn.BatchNorm') && hasHooks(hooks))?.[0]

const swapFor = (from: AnyKind, to: QatKind): QatSwap => ({
  from,
  prepare: (module, { weight }, { paths }) => {
    const parts = partsOf(module)
    if (parts === undefined) return decline(`${paths[0]} has no layer with a weight`)
    const reason = parts.bn && whyNotTogether(parts.layer, parts.bn)
    if (reason !== undefined) return decline(`${paths[0]}: ${reason}`)
    const hooked = innerHook(module)
    if (hooked !== undefined) return decline(`a hook on ${paths[0]}.${hooked} would be lost`)
    return to({ ...parts, weight })
  },
})

/** Layers with a weight, alone and held together with batch-norm and activation. */
export const qatSwaps: readonly QatSwap[] = qatTable.map(({ float, qat }) => swapFor(float, qat))

/** Not worth a note: the mapping says so. */
export const staysFloat = 'its qconfig says that it stays in float'

/** A rule for each row; later rows override earlier ones of the same kind. */
export const swapRules = (swaps: readonly QatSwap[], mapping: QConfigMapping): readonly Rule[] => {
  const byKind = new Map(swaps.map((swap) => [swap.from.kind, swap]))
  return [...byKind.values()].map(({ from, prepare }) =>
    rule(`qat ${from.kind}`, [from], (module, cx) => {
      const config = qconfigFor(mapping, cx.paths[0] as string, module)
      return config === null ? decline(staysFloat) : prepare(module, config, cx)
    }),
  )
}
