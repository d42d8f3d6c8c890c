import { fingerprint, firstChange } from '../../fingerprint.js'
import type { SwapLaw } from '../swap.js'
import { swapped } from '../swapped.js'

/** The same model gives the same layers and the same bits of every tensor, each time. */
export const swapGivesTheSameAgain: SwapLaw = {
  name: 'gives the same again',
  check: async (trial) => {
    const once = await fingerprint(swapped(trial).after)
    const change = firstChange(once, await fingerprint(swapped(trial).after))
    return change === undefined ? undefined : { problem: `the second time, ${change}` }
  },
}
