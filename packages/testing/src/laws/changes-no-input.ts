import { walk } from '@nnfuse/ir'
import { copyOf, deepFreeze } from '../copy-of.js'
import { fingerprint, firstChange } from '../fingerprint.js'
import type { Law } from '../law.js'
import { settle } from '../settle.js'

/**
 * Neither matching nor rewriting nor reading the new weights changes anything of the model that went in. Its attributes
 * are frozen, so that most writes fail in the line that does them; the bytes of tensors cannot be, and are compared.
 */
export const changesNoInput: Law = {
  name: 'changes no input',
  check: async ({ rule, model, settings: { engine } }) => {
    const input = copyOf(model)
    for (const { module } of walk(input)) deepFreeze(module.attrs)
    const before = await fingerprint(input)
    const { result } = settle(engine, rule, input)
    await fingerprint(result) // evaluates the new weights
    const change = firstChange(before, await fingerprint(input))
    return change === undefined ? undefined : { problem: `of its input, ${change}` }
  },
}
