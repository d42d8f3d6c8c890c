import { copyOf } from '../copy-of.js'
import { fingerprint, firstChange } from '../fingerprint.js'
import type { Law } from '../law.js'
import { settle } from '../settle.js'

/** The same model gives the same tree and the same bits of every weight, each time. */
export const givesTheSameAgain: Law = {
  name: 'gives the same again',
  check: async ({ rule, model, settings: { engine } }) => {
    const once = await fingerprint(settle(engine, rule, copyOf(model)).result)
    const again = await fingerprint(settle(engine, rule, copyOf(model)).result)
    const change = firstChange(once, again)
    return change === undefined ? undefined : { problem: `the second time, ${change}` }
  },
}
