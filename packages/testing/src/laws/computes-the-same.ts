import { compareOutputs } from '../compare-outputs.js'
import { copyOf } from '../copy-of.js'
import type { Law } from '../law.js'
import { settle } from '../settle.js'

/** On the same inputs the fused model gives what the unfused one gives. */
export const computesTheSame: Law = {
  name: 'computes the same',
  check: ({ rule, model, inputs, settings }) => {
    const { graph, result } = settle(settings.engine, rule, copyOf(model))
    return compareOutputs(graph, result, { inputs, ...settings })
  },
}
