import { flatten, Model, walk } from '@nnfuse/ir'
import { copyOf, deepFreeze } from '../../copy-of.js'
import { fingerprint, firstChange } from '../../fingerprint.js'
import type { SwapLaw } from '../swap.js'

/** The model that is given stays as it is, its holder too, also when the new tensors are read. */
export const swapChangesNoInput: SwapLaw = {
  name: 'changes no input',
  check: async ({ model, swap }) => {
    const input = flatten(copyOf(model))
    for (const { module } of walk(input)) deepFreeze(module.attrs)
    const before = await fingerprint(input)
    const holder = new Model(input)
    const { root } = swap(holder)
    await fingerprint(root)
    if (holder.root !== input) return { problem: 'the model that was given holds another root afterwards' }
    const change = firstChange(before, await fingerprint(input))
    return change === undefined ? undefined : { problem: `of its input, ${change}` }
  },
}
