import { walk } from '@nnfuse/ir'
import type { SwapLaw } from '../swap.js'
import { pairsOf, swapped } from '../swapped.js'

const modeOf = (training: boolean): string => (training ? 'training' : 'inference')

/** A layer and all in it are in the mode that the layer before was in. */
export const keepsTheMode: SwapLaw = {
  name: 'keeps the mode',
  check: (trial) => {
    for (const [path, old, fresh] of pairsOf(trial, swapped(trial))) {
      for (const { path: inner, module } of walk(fresh)) {
        if (module.training === old.training) continue
        const where = inner === '' ? path : `${path}.${inner}`
        return {
          problem: `"${where}" is in ${modeOf(module.training)} mode, not in ${modeOf(old.training)} mode`,
        }
      }
    }
    return undefined
  },
}
