import { copyOf } from '../copy-of.js'
import type { Law } from '../law.js'
import { settle } from '../settle.js'

/** The rule does not fire on its own result for ever. */
export const comesToAnEnd: Law = {
  name: 'comes to an end',
  check: ({ rule, model, settings: { engine } }) => {
    const { ended, plans } = settle(engine, rule, copyOf(model))
    return ended ? undefined : { problem: `it still applied to its own result after ${plans.length} rounds` }
  },
}
