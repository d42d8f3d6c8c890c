import { flatten, print, stateDict } from '@nnfuse/ir'
import { compareOutputs } from '../../compare-outputs.js'
import type { Violation } from '../../law.js'
import type { SwapLaw } from '../swap.js'
import { type Swapped, swapped } from '../swapped.js'

/** Whether the layers are those that there were, with their tensors. */
const problemOf = ({ before, after }: Pick<Swapped, 'before' | 'after'>): Violation | undefined => {
  const [old, fresh] = [print(before), print(after)]
  if (old !== fresh) return { problem: `what comes back is\n\n${fresh}\n\ninstead of\n\n${old}` }
  const tensors = stateDict(after)
  const lost = [...stateDict(before)].find(([key, tensor]) => tensors.get(key) !== tensor)
  return lost && { problem: `the tensor "${lost[0]}" is another one when it comes back` }
}

/** There and back gives the layers that there were; where some were folded, layers that compute the same. */
export const swapsBack: SwapLaw = {
  name: 'swaps back',
  check: (trial) => {
    if (trial.back === undefined) return undefined
    const { before, result } = swapped(trial)
    const after = flatten(trial.back(result).root)
    if (trial.foldsBack) return compareOutputs(before, after, trial)
    return problemOf({ before, after })
  },
}
