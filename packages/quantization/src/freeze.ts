import { type AnyModule, mapModules, withAttrs, withChildren, withTraining } from '@nnfuse/ir'
import type { QatModule } from './kinds/qat-layers.js'
import { isQatModule } from './kinds/qat-table.js'

const hasNorm = (module: AnyModule): module is QatModule => isQatModule(module) && module.children.has('bn')

/**
 * The model with batch-norms that use their running statistics and leave them as they are, also while it trains: for the
 * last part of training. All prepared layers with a batch-norm, linear ones too, which torch's `freeze_bn_stats` skips.
 * `train` and `inference` change nothing about it.
 */
export const freezeBatchNormStats = (root: AnyModule): AnyModule =>
  mapModules(root, (module) => (hasNorm(module) ? withAttrs(module, { frozen: true }) : module))

const learning = (module: QatModule): AnyModule => {
  const children = new Map(module.children)
  children.set('bn', withTraining(children.get('bn') as AnyModule, true))
  return withChildren(withAttrs(module, { frozen: false }), children)
}

/** The model with batch-norms that learn again, as torch's `update_bn_stats`: also where a layer is in inference mode. */
export const updateBatchNormStats = (root: AnyModule): AnyModule =>
  mapModules(root, (module) => (hasNorm(module) ? learning(module) : module))
