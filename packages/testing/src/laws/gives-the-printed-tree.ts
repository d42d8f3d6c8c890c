import { print } from '@nnfuse/ir'
import { copyOf } from '../copy-of.js'
import type { Law } from '../law.js'
import { settle } from '../settle.js'

/** Takes off the blank lines around a text and what all its lines are indented by. */
const dedented = (text: string): string => {
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const indent = Math.min(...indents)
  return lines.map((line) => line.slice(indent)).join('\n')
}

/** The model that the rule leaves prints as the case says. */
export const givesThePrintedTree: Law = {
  name: 'gives the printed tree',
  check: ({ rule, model, prints, settings: { engine } }) => {
    if (prints === undefined) return undefined
    const text = print(settle(engine, rule, copyOf(model)).result)
    if (text === dedented(prints)) return undefined
    return { problem: `the tree is\n\n${text}\n\ninstead of\n\n${dedented(prints)}` }
  },
}
