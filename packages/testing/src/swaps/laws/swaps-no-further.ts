import type { SwapLaw } from '../swap.js'
import { swapped } from '../swapped.js'

/** What was swapped is not swapped once more. */
export const swapsNoFurther: SwapLaw = {
  name: 'swaps no further',
  check: (trial) => {
    const { after } = swapped(trial)
    const again = swapped({ ...trial, model: after }).after
    const changed = Object.keys(trial.becomes).find(
      (path) => after.children.get(path)?.kind !== again.children.get(path)?.kind,
    )
    return changed === undefined
      ? undefined
      : { problem: `"${changed}" became ${again.children.get(changed)?.kind ?? 'nothing'} the second time` }
  },
}
