import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { qatRules } from './rules.js'

export { qatRules } from './rules.js'

/** Layers and their batch-norms held together unfolded, for quantization-aware training. */
export const qat = (): Plugin => definePlugin({ name: '@nnfuse/fuser-qat', rules: qatRules })
