import type { AnyModule } from '@nnfuse/ir'
import { callAt, type Flow, moduleAt, soleProducer } from './legality.js'
import type { Rule } from './rule.js'
import type { Slot } from './slot.js'

/** A slot that could take a layer of some kind, and the rule it belongs to. */
export interface Opening {
  readonly rule: Rule
  readonly slot: number
}

/** What stands where a rule wants something else, in words that end with what it wants. */
interface Miss {
  readonly wanted: Slot
  /** `its input comes from relu (nn.ReLU), not from ` */
  readonly found: string
}

/** How much of a rule's pattern there is around a layer. */
export interface PartialMatch {
  readonly rule: Rule
  /** The calls that match, in the order they run. */
  readonly positions: readonly number[]
  /** Absent where all of the pattern fits. */
  readonly miss?: Miss
}

/** The slots that take a kind, by kind, in the order of the rules. */
export const indexOpenings = (rules: readonly Rule[]): ReadonlyMap<string, readonly Opening[]> => {
  const byKind = new Map<string, Opening[]>()
  for (const rule of rules) {
    for (const [slot, { kinds }] of rule.slots.entries()) {
      for (const kind of kinds) {
        const openings = byKind.get(kind)
        if (openings === undefined) byKind.set(kind, [{ rule, slot }])
        else openings.push({ rule, slot })
      }
    }
  }
  return byKind
}

const fits = ({ kinds, accepts }: Slot, module: AnyModule): boolean =>
  kinds.includes(module.kind) && accepts(module)

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

/** What stands before a call, which is the layer asked about or one that a rule has come to on its way. */
const foundBefore = (flow: Flow, position: number, asked: boolean): string => {
  const { target, inputs } = callAt(flow, position)
  const [input] = inputs
  if (input === undefined || inputs.length > 1)
    return `${asked ? 'it' : target} takes ${inputs.length} inputs; rules want one, from `
  const producer = flow.index.producer.get(input)
  if (producer === undefined) {
    const subject = asked ? `its input "${input}"` : `the input "${input}" of ${target}`
    return `${subject} is an input of the model, not the output of `
  }
  const subject = asked ? 'its input' : `the input of ${target}`
  return `${subject} comes from ${callAt(flow, producer).target} (${moduleAt(flow, producer).kind}), not from `
}

const usersOf = (flow: Flow, position: number): readonly number[] =>
  callAt(flow, position).outputs.flatMap((value) => flow.index.users.get(value) ?? [])

const foundAfter = (flow: Flow, position: number, asked: boolean): string => {
  const { target, outputs } = callAt(flow, position)
  const subject = asked ? 'its output' : `the output of ${target}`
  const users = usersOf(flow, position)
  if (users.length > 0) return `${subject} goes to ${describeAll(flow, users)}, not to `
  const isOutput = outputs.some((value) => flow.index.isOutput.has(value))
  return isOutput
    ? `${subject} is an output of the model, not the input of `
    : `${subject} is used by nothing; rules want it used by `
}

/** One way along the chain: the calls that match, nearest first, and what stood in the way. */
interface Reach {
  readonly positions: readonly number[]
  readonly miss?: Miss
}

type Step = (flow: Flow, position: number, wanted: Slot) => number | undefined

const reach = (
  flow: Flow,
  start: number,
  slots: readonly Slot[],
  step: Step,
  found: typeof foundBefore,
): Reach => {
  const positions: number[] = []
  let at = start
  for (const wanted of slots) {
    const next = step(flow, at, wanted)
    if (next === undefined) return { positions, miss: { wanted, found: found(flow, at, at === start) } }
    positions.push(next)
    at = next
  }
  return { positions }
}

const stepBack: Step = (flow, position, wanted) => {
  const producer = soleProducer(flow, position)
  return producer !== undefined && fits(wanted, moduleAt(flow, producer)) ? producer : undefined
}

const stepForward: Step = (flow, position, wanted) =>
  usersOf(flow, position).find(
    (user) => callAt(flow, user).inputs.length === 1 && fits(wanted, moduleAt(flow, user)),
  )

/**
 * How much of a rule's pattern there is around a call, when the layer there takes this place in it; undefined where
 * the layer itself does not fit.
 *
 * @param module the layer: the module that is called, or the first one in it
 */
export const partialAt = (
  flow: Flow,
  position: number,
  module: AnyModule,
  { rule, slot }: Opening,
): PartialMatch | undefined => {
  if (!fits(rule.slots[slot] as Slot, module)) return undefined
  const before = reach(flow, position, rule.slots.slice(0, slot).reverse(), stepBack, foundBefore)
  const after = reach(flow, position, rule.slots.slice(slot + 1), stepForward, foundAfter)
  const miss = before.miss ?? after.miss
  const positions = [...[...before.positions].reverse(), position, ...after.positions]
  return { rule, positions, ...(miss && { miss }) }
}

/** How many slots are missing. */
export const missing = ({ rule, positions }: PartialMatch): number => rule.slots.length - positions.length

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
