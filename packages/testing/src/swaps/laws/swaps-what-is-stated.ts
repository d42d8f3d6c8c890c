import type { SwapLaw } from '../swap.js'
import { swapped } from '../swapped.js'

/** The stated layers become layers of the stated kinds, and all others stay the very objects that they were. */
export const swapsWhatIsStated: SwapLaw = {
  name: 'swaps what is stated',
  check: (trial) => {
    const { before, after } = swapped(trial)
    for (const [path, kind] of Object.entries(trial.becomes)) {
      const found = after.children.get(path)?.kind ?? 'absent'
      if (found !== kind) return { problem: `"${path}" is ${found} instead of ${kind}` }
    }
    for (const [path, module] of before.children) {
      if (path in trial.becomes || after.children.get(path) === module) continue
      return { problem: `"${path}", which is not among those that are stated, is not the layer that it was` }
    }
    return undefined
  },
}
