import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { convBnAddRules } from './conv-bn-add-rules.js'
import { convBnRules } from './rules.js'

export { convBnAddRules } from './conv-bn-add-rules.js'
export { foldConv, foldConvTranspose, foldLinear } from './fold-batch-norm.js'
export { convBnRules } from './rules.js'

/** Batch-norm folded into the convolution, transposed convolution or linear layer before it, for inference. */
export const convBn = (): Plugin => definePlugin({ name: '@nnfuse/fuser-conv-bn', rules: convBnRules })

/**
 * Batch-norm folded into a two-dimensional convolution that is then held together with what is added to its output,
 * and the ReLU after it. No part of the default plugins: it pays where a backend can add within the convolution's
 * kernel.
 */
export const convBnAdd = (): Plugin =>
  definePlugin({ name: '@nnfuse/fuser-conv-bn/add', rules: convBnAddRules })
