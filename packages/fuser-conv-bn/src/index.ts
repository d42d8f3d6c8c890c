import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { convBnRules } from './rules.js'

export { foldConv, foldConvTranspose, foldLinear } from './fold-batch-norm.js'
export { convBnRules } from './rules.js'

/** Batch-norm folded into the convolution, transposed convolution or linear layer before it, for inference. */
export const convBn = (): Plugin => definePlugin({ name: '@nnfuse/fuser-conv-bn', rules: convBnRules })
