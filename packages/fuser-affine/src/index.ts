import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { absorbAffine } from './absorb-affine.js'
import { affineRules } from './rules.js'

export { absorbAffine } from './absorb-affine.js'
export { affineRules } from './rules.js'

/**
 * Per-channel multiply-adds are moved into the weights of layers before or behind them, wherever they stand: batch-norm
 * behind a reshape or a sum, batch-norm before a convolution, arithmetic with constants. Equal in real arithmetic;
 * computed in float64 and rounded once.
 */
export const affine = (): Plugin =>
  definePlugin({ name: '@nnfuse/fuser-affine', rules: affineRules, passes: [absorbAffine] })
