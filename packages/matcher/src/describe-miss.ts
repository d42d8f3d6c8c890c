import { callAt, type Flow, moduleAt, producerAt } from './flow.js'
import type { Slot } from './slot.js'

/** What stands where a rule wants something else, in words that end with what it wants. */
export interface Miss {
  readonly wanted: Slot
  /** `its input comes from relu (nn.ReLU), not from ` */
  readonly found: string
}

const namesShown = 3

/** `relu (nn.ReLU)` */
const describe = (flow: Flow, position: number): string => {
  const { target, inputs } = callAt(flow, position)
  const several = inputs.length > 1 ? `, ${inputs.length} inputs` : ''
  return `${target} (${moduleAt(flow, position).kind}${several})`
}

const describeAll = (flow: Flow, positions: readonly number[]): string => {
  const names = [...new Set(positions.slice(0, namesShown).map((position) => describe(flow, position)))]
  const more = positions.length > namesShown ? ` and ${positions.length - namesShown} more` : ''
  return `${names.join(', ')}${more}`
}

const foundBeforeOne = (flow: Flow, position: number, asked: boolean): string => {
  const { target, inputs } = callAt(flow, position)
  const producer = producerAt(flow, position, 0)
  if (producer === undefined) {
    const subject = asked ? `its input "${inputs[0]}"` : `the input "${inputs[0]}" of ${target}`
    return `${subject} is an input of the model, not the output of `
  }
  const subject = asked ? 'its input' : `the input of ${target}`
  return `${subject} comes from ${callAt(flow, producer).target} (${moduleAt(flow, producer).kind}), not from `
}

const origin = (flow: Flow, position: number, input: number): string => {
  const producer = producerAt(flow, position, input)
  if (producer === undefined) return 'an input of the model'
  return `${callAt(flow, producer).target} (${moduleAt(flow, producer).kind})`
}

/**
 * What stands before a call, which is the layer asked about or one that a rule has come to on its way.
 *
 * @param wanted how many inputs the rule wants it to have
 */
export const foundBefore = (flow: Flow, position: number, asked: boolean, wanted: number): string => {
  const { target, inputs } = callAt(flow, position)
  if (inputs.length !== wanted) {
    const count = wanted === 1 ? 'one' : wanted
    return `${asked ? 'it' : target} takes ${inputs.length} inputs; rules want ${count}, from `
  }
  if (wanted === 1) return foundBeforeOne(flow, position, asked)
  const origins = inputs.map((_, input) => origin(flow, position, input))
  return `the inputs of ${asked ? 'it' : target} come from ${origins.join(' and ')}, not from `
}

/** What stands behind a call. */
export const foundAfter = (flow: Flow, position: number, asked: boolean): string => {
  const { target, outputs } = callAt(flow, position)
  const subject = asked ? 'its output' : `the output of ${target}`
  const users = outputs.flatMap((value) => flow.index.usersOf(value))
  if (users.length > 0) return `${subject} goes to ${describeAll(flow, users)}, not to `
  const isOutput = outputs.some((value) => flow.index.isOutput(value))
  return isOutput
    ? `${subject} is an output of the model, not the input of `
    : `${subject} is used by nothing; rules want it used by `
}

const kindsShown = 3

const brief = ({ label }: Slot): string => {
  const kinds = label.split(' | ')
  return kinds.length > kindsShown ? `${kinds[0]} or ${kinds.length - 1} other kinds` : label
}

export const missReason = ({ found, wanted }: Miss): string => `${found}${brief(wanted)}`

/** Says once what several rules have met with, and what each of them wants. */
export const missReasons = (misses: readonly Miss[]): string[] => {
  const wantedAt = new Map<string, Set<string>>()
  for (const { found, wanted } of misses) {
    wantedAt.set(found, (wantedAt.get(found) ?? new Set()).add(brief(wanted)))
  }
  return [...wantedAt].map(([found, wanted]) => `${found}${[...wanted].join(' or ')}`)
}
