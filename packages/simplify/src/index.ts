import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { evaluateConstants } from './evaluate-constants.js'
import { joinConcats } from './join-concats.js'
import { joinEqual } from './join-equal.js'
import { joinFactors } from './join-factors.js'
import { needlessOps } from './needless-ops.js'
import { staticReshapes } from './static-reshapes.js'

export { evaluateConstants } from './evaluate-constants.js'
export { joinConcats } from './join-concats.js'
export { joinEqual } from './join-equal.js'
export { joinFactors } from './join-factors.js'
export { needlessOps } from './needless-ops.js'
export { staticReshapes } from './static-reshapes.js'

/**
 * Fewer nodes for the same numbers: reshapes whose sizes are known are told them, factors and concatenations behind each
 * other and layers that compute the same of the same values become one, what nothing uses any more goes, and constants
 * that a file computes are written as their values where that does not make it larger.
 */
export const simplify = (): Plugin =>
  definePlugin({
    name: '@nnfuse/simplify',
    passes: [needlessOps, staticReshapes, joinConcats, joinFactors, joinEqual, evaluateConstants],
  })
