import { copyOf } from '../copy-of.js'
import type { Law } from '../law.js'
import { applicationsOf, type Settled, settle } from '../settle.js'

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

const whyNot = ({ plans: [first] }: Settled): string => {
  const reasons = [...new Set(first.declines.map(({ reason }) => reason))]
  return reasons.length === 0 ? '' : `; it declined: ${reasons.join('; ')}`
}

/** The rule applies as often as the case states: neither less, nor where it has no business. */
export const appliesAsStated: Law = {
  name: 'applies as often as stated',
  check: ({ rule, model, applies, settings: { engine } }) => {
    const settled = settle(engine, rule, copyOf(model))
    const count = applicationsOf(settled)
    if (applies === undefined || count === applies) return undefined
    return { problem: `it applied ${times(count)} instead of ${times(applies)}${whyNot(settled)}` }
  },
}
