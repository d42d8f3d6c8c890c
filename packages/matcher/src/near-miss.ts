import type { AnyModule } from '@nnfuse/ir'
import { operandsOf } from './bind.js'
import { foundAfter, foundBefore, type Miss } from './describe-miss.js'
import { callAt, type Flow, moduleAt, producerAt } from './flow.js'
import type { PatternGraph, PatternOp } from './pattern-graph.js'
import type { Rule } from './rule.js'
import { fits, type Slot } from './slot.js'

/** A slot that could take a layer of some kind, and the rule it belongs to. */
export interface Opening {
  readonly rule: Rule
  readonly slot: number
}

/** How much of a rule's pattern there is around a layer. */
export interface PartialMatch {
  readonly rule: Rule
  /** The calls that match, in the order of the pattern. */
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

/** What has been found of a pattern on the way out from a layer, and the first thing that stood in the way. */
interface Reach {
  readonly flow: Flow
  readonly pattern: PatternGraph
  readonly start: number
  readonly found: Map<number, number>
  miss?: Miss
}

const opAt = ({ pattern }: Reach, op: number): PatternOp => pattern.ops[op] as PatternOp

const isAsked = ({ found, start }: Reach, op: number): boolean => found.get(op) === start

/** Of the orders that a layer's operands may have, the one in which more of them fit. */
const bestOperands = (reach: Reach, op: number, position: number): readonly (number | undefined)[] => {
  const { commutative } = opAt(reach, op)
  const orders = (commutative ? [false, true] : [false]).map((swapped) =>
    operandsOf(opAt(reach, op), swapped).map((source) => ('op' in source ? source.op : undefined)),
  )
  const fitting = (order: readonly (number | undefined)[]): number =>
    order.filter((source, at) => source !== undefined && fitsAt(reach, source, position, at)).length
  return orders.reduce((best, order) => (fitting(order) > fitting(best) ? order : best))
}

const fitsAt = ({ flow, pattern }: Reach, op: number, position: number, input: number): boolean => {
  const producer = producerAt(flow, position, input)
  return producer !== undefined && fits(pattern.ops[op]?.slot as Slot, moduleAt(flow, producer))
}

/** Finds what feeds a layer, and what feeds that. */
const reachBack = (reach: Reach, op: number): void => {
  const { flow, found } = reach
  const position = found.get(op) as number
  const wanted = opAt(reach, op).inputs?.length
  if (wanted === undefined) return
  const sources = bestOperands(reach, op, position)
  const isOther = callAt(flow, position).inputs.length !== wanted
  for (const [at, source] of sources.entries()) {
    if (source === undefined || found.has(source)) continue
    if (isOther || !fitsAt(reach, source, position, at)) {
      const { slot } = opAt(reach, source)
      reach.miss ??= { wanted: slot, found: foundBefore(flow, position, isAsked(reach, op), wanted) }
    } else {
      found.set(source, producerAt(flow, position, at) as number)
      reachBack(reach, source)
    }
  }
}

const usersOf = (flow: Flow, position: number): readonly number[] =>
  callAt(flow, position).outputs.flatMap((value) => flow.index.usersOf(value))

/** Finds a layer that a found one feeds. */
const reachForward = (reach: Reach, op: number, user: number): void => {
  const { flow, found } = reach
  const position = found.get(op) as number
  const { slot, inputs = [] } = opAt(reach, user)
  const next = usersOf(flow, position).find(
    (at) => callAt(flow, at).inputs.length === inputs.length && fits(slot, moduleAt(flow, at)),
  )
  if (next === undefined) {
    reach.miss ??= { wanted: slot, found: foundAfter(flow, position, isAsked(reach, op)) }
    return
  }
  found.set(user, next)
  reachBack(reach, user)
}

/** A layer that is missing and is fed by a found one. */
const nextForward = ({ pattern, found, miss }: Reach): readonly [op: number, user: number] | undefined => {
  if (miss !== undefined) return undefined
  for (const [user, { inputs = [] }] of pattern.ops.entries()) {
    if (found.has(user)) continue
    const source = inputs.find((input) => 'op' in input && found.has(input.op))
    if (source !== undefined && 'op' in source) return [source.op, user]
  }
  return undefined
}

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
  const reach: Reach = { flow, pattern: rule.pattern, start: position, found: new Map([[slot, position]]) }
  reachBack(reach, slot)
  const before = reach.miss
  delete reach.miss
  for (let next = nextForward(reach); next !== undefined; next = nextForward(reach))
    reachForward(reach, ...next)
  const miss = before ?? reach.miss
  const positions = [...reach.found].sort(([a], [b]) => a - b).map(([, at]) => at)
  return { rule, positions, ...(miss && { miss }) }
}

/** How many slots are missing. */
export const missing = ({ rule, positions }: PartialMatch): number => rule.slots.length - positions.length
