import { compareOutputs } from '../../compare-outputs.js'
import type { SwapLaw } from '../swap.js'
import { swapped } from '../swapped.js'

/** With what it adds switched off, a swapped model gives what the other gives, in either mode. */
export const swappedComputesTheSame: SwapLaw = {
  name: 'computes the same',
  check: (trial) => {
    const { before, after } = swapped(trial)
    return compareOutputs(before, trial.plain(after), trial)
  },
}
