import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { convAddRules } from './conv-add-rules.js'
import { linearReluRules } from './rules.js'

export { convAddRules } from './conv-add-rules.js'
export { linearReluRules } from './rules.js'

/** Convolutions, linear layers and batch-norms held together with the ReLU after them. */
export const linearRelu = (): Plugin =>
  definePlugin({ name: '@nnfuse/fuser-linear-relu', rules: linearReluRules })

/**
 * Two-dimensional convolutions held together with what is added to their output, and the ReLU after it. No part of
 * the default plugins: it pays where a backend can add within the convolution's kernel.
 */
export const convAdd = (): Plugin =>
  definePlugin({ name: '@nnfuse/fuser-linear-relu/conv-add', rules: convAddRules })
