import type { Call, GraphModuleOf } from '@nnfuse/ir'
import type { SwapLaw } from '../swap.js'
import { swapped } from '../swapped.js'

const line = ({ target, inputs, outputs }: Call): string =>
  `${outputs.join(', ')} <- ${target}(${inputs.join(', ')})`

/** What the graph says but for the layers themselves, line by line. */
const linesOf = ({ attrs: { inputs, calls, outputs }, children }: GraphModuleOf): string[] => [
  `layers ${[...children.keys()].join(', ')}`,
  `inputs ${inputs.join(', ')}`,
  ...calls.map(line),
  `outputs ${outputs.join(', ')}`,
]

/** No layer more or less, each under its path, called on the same values in the same order. */
export const keepsTheGraph: SwapLaw = {
  name: 'keeps the graph',
  check: (trial) => {
    const { before, after } = swapped(trial)
    const [old, fresh] = [linesOf(before), linesOf(after)]
    const at = [...old, ...fresh].findIndex((_, i) => old[i] !== fresh[i])
    return at < 0 ? undefined : { problem: `"${old[at] ?? 'nothing'}" became "${fresh[at] ?? 'nothing'}"` }
  },
}
