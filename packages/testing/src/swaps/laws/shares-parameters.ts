import { stateDict } from '@nnfuse/ir'
import type { SwapLaw } from '../swap.js'
import { pairsOf, swapped } from '../swapped.js'

/** The layer in the place of another holds its very tensors, so that nothing is copied and training goes on from them. */
export const sharesParameters: SwapLaw = {
  name: 'shares parameters',
  check: (trial) => {
    if (!trial.sharesParameters) return undefined
    for (const [path, old, fresh] of pairsOf(trial, swapped(trial))) {
      const held = new Set(stateDict(fresh).values())
      const lost = [...stateDict(old)].find(([, tensor]) => !held.has(tensor))
      if (lost !== undefined)
        return { problem: `the tensor "${path}.${lost[0]}" is not among those of the new layer` }
    }
    return undefined
  },
}
