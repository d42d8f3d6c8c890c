import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { linearReluRules } from './rules.js'

export { linearReluRules } from './rules.js'

/** Convolutions, linear layers and batch-norms held together with the ReLU after them. */
export const linearRelu = (): Plugin =>
  definePlugin({ name: '@nnfuse/fuser-linear-relu', rules: linearReluRules })
