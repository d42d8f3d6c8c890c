import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { pointwiseRules } from './pointwise-rules.js'
import { branchRules } from './rules.js'

export { pointwiseRules } from './pointwise-rules.js'
export { branchRules } from './rules.js'

/** What the plugin does besides merging branches. */
export interface ReparamOptions {
  /**
   * Also merges a convolution and one with a kernel of 1 that follow each other, where that makes fewer weights. Some
   * networks keep the two apart on purpose, so it has to be asked for. Default: false.
   */
  readonly mergePointwise?: boolean
}

/**
 * Parallel branches that read the same value and are added become one convolution, for inference: RepVGG, MobileOne,
 * ACNet and their kin. Batch-norms behind convolutions have to be folded first, which `@nnfuse/fuser-conv-bn` does.
 *
 * It is one of the default plugins; only where an option is set it has to be listed, with the others.
 *
 * @example `fuse(model, { plugins: [convBn(), linearRelu(), reparam({ mergePointwise: true })] })`
 */
export const reparam = ({ mergePointwise = false }: ReparamOptions = {}): Plugin =>
  definePlugin({
    name: '@nnfuse/fuser-reparam',
    rules: mergePointwise ? [...branchRules, ...pointwiseRules] : branchRules,
  })
