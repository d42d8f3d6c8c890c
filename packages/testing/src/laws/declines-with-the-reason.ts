import { type AnyModule, flatten } from '@nnfuse/ir'
import type { Plan } from '@nnfuse/matcher'
import { copyOf } from '../copy-of.js'
import { fingerprint, firstChange } from '../fingerprint.js'
import type { Trial, Verdict } from '../law.js'

/** A rule does not apply to a model: what is checked then. */
export interface DeclineLaw {
  readonly name: string
  readonly check: (trial: DeclineTrial) => Verdict | Promise<Verdict>
}

/** A model that a rule must decline. */
export interface DeclineTrial extends Pick<Trial, 'rule' | 'settings'> {
  readonly model: AnyModule
  readonly reason: string | RegExp
}

/** Whether a reason is in the words of the case. */
export const matches = (reason: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? reason === wanted : wanted.test(reason)

export const quoted = (wanted: string | RegExp): string =>
  typeof wanted === 'string' ? `"${wanted}"` : String(wanted)

const problemOf = ({ applications, declines }: Plan, wanted: string | RegExp): string | undefined => {
  if (applications.length > 0) return 'it applied'
  if (declines.length === 0) return 'its pattern fits nowhere, so it gives no reason'
  if (declines.some(({ reason }) => matches(reason, wanted))) return undefined
  const reasons = [...new Set(declines.map(({ reason }) => `"${reason}"`))]
  return `its reason is ${reasons.join(' and ')} instead of ${quoted(wanted)}`
}

/** The rule does not apply and says why, in the words of the case. */
export const declinesWithTheReason: DeclineLaw = {
  name: 'declines with the reason',
  check: ({ rule, model, reason, settings: { engine } }) => {
    const problem = problemOf(engine.plan(flatten(copyOf(model)), [rule]), reason)
    return problem === undefined ? undefined : { problem }
  },
}

/** What the rule declines stays the same object, with nothing in it changed. */
export const leavesDeclinedModelsAlone: DeclineLaw = {
  name: 'leaves a declined model alone',
  check: async ({ rule, model, settings: { engine } }) => {
    const graph = flatten(copyOf(model))
    const before = await fingerprint(graph)
    const after = engine.apply(engine.plan(graph, [rule]))
    if (after !== graph) return { problem: 'the model is another object afterwards' }
    const change = firstChange(before, await fingerprint(graph))
    return change === undefined ? undefined : { problem: change }
  },
}
