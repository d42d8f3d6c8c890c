import type { ValueId } from '@nnfuse/ir'
import { callAt, type Flow, moduleAt, producerAt } from './flow.js'
import type { PatternGraph, PatternOp, PatternSource } from './pattern-graph.js'
import { fits } from './slot.js'

/** Where the layers of a pattern stand in a graph. */
export interface Binding {
  /** Position of the call for each layer of the pattern. */
  readonly positions: readonly number[]
  /** Values for the open places of the pattern. */
  readonly values: readonly ValueId[]
}

/** Which layers of a pattern take their two operands the other way round than written. */
export type Swaps = ReadonlySet<number>

export const noSwaps: Swaps = new Set()

/** Inputs of a layer of a pattern, as the graph has them. */
export const operandsOf = ({ inputs = [] }: PatternOp, swapped: boolean): readonly PatternSource[] =>
  swapped ? [...inputs].reverse() : inputs

/**
 * Checks that calls are what a pattern says, layer by layer, and gives the values at its open places.
 *
 * @param positions the call for each layer of the pattern
 */
const bind = (
  flow: Flow,
  pattern: PatternGraph,
  swaps: Swaps,
  positions: readonly number[],
): Binding | undefined => {
  if (positions.some((position, i) => positions.indexOf(position) !== i)) return undefined
  const values: ValueId[] = []
  const isBound = (source: PatternSource, value: ValueId): boolean => {
    if ('op' in source) return callAt(flow, positions[source.op] as number).outputs[source.output] === value
    values[source.open] ??= value
    return values[source.open] === value
  }
  const holds = pattern.ops.every((op, i) => {
    const position = positions[i] as number
    if (!fits(op.slot, moduleAt(flow, position))) return false
    if (op.inputs === undefined) return true
    const { inputs } = callAt(flow, position)
    const sources = operandsOf(op, swaps.has(i))
    return (
      inputs.length === sources.length &&
      sources.every((source, at) => isBound(source, inputs[at] as ValueId))
    )
  })
  return holds ? { positions, values } : undefined
}

/** More places than this are not tried for one match of the last output: a value may have very many users. */
const maxTries = 256

/** Positions found so far; undefined for layers that are still to be found. */
type Found = readonly (number | undefined)[]

const withFound = (found: Found, op: number, position: number): Found =>
  found.map((at, i) => (i === op ? position : at))

/** The one place, or none, of a layer that feeds one which has been found; undefined where there is no such layer. */
const nextProducer = (flow: Flow, pattern: PatternGraph, swaps: Swaps, found: Found): Found[] | undefined => {
  for (const [i, op] of pattern.ops.entries()) {
    const position = found[i]
    if (position === undefined) continue
    for (const [at, source] of operandsOf(op, swaps.has(i)).entries()) {
      if (!('op' in source) || found[source.op] !== undefined) continue
      const producer = producerAt(flow, position, at)
      return producer === undefined ? [] : [withFound(found, source.op, producer)]
    }
  }
  return undefined
}

/** The value that a source stands for, where what has been found says so. */
const valueAt = (
  flow: Flow,
  pattern: PatternGraph,
  swaps: Swaps,
  found: Found,
  source: PatternSource,
): ValueId | undefined => {
  if ('op' in source) {
    const position = found[source.op]
    return position === undefined ? undefined : callAt(flow, position).outputs[source.output]
  }
  for (const [i, op] of pattern.ops.entries()) {
    const position = found[i]
    if (position === undefined) continue
    const at = operandsOf(op, swaps.has(i)).findIndex(
      (other) => 'open' in other && other.open === source.open,
    )
    if (at >= 0) return callAt(flow, position).inputs[at]
  }
  return undefined
}

/** The places a layer may have that uses a value which has been found. */
const nextUsers = (flow: Flow, pattern: PatternGraph, swaps: Swaps, found: Found): Found[] => {
  for (const [i, op] of pattern.ops.entries()) {
    if (found[i] !== undefined) continue
    for (const [at, source] of operandsOf(op, swaps.has(i)).entries()) {
      const value = valueAt(flow, pattern, swaps, found, source)
      if (value === undefined) continue
      const users = new Set(flow.index.usersOf(value).slice(0, maxTries))
      return [...users]
        .filter((user) => callAt(flow, user).inputs[at] === value && fits(op.slot, moduleAt(flow, user)))
        .map((user) => withFound(found, i, user))
    }
  }
  return []
}

function* search(flow: Flow, pattern: PatternGraph, swaps: Swaps, start: Found): Generator<Binding> {
  const stack: Found[] = [start]
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = stack.pop()
    if (found === undefined) return
    if (!found.includes(undefined)) {
      const bound = bind(flow, pattern, swaps, found as readonly number[])
      if (bound !== undefined) yield bound
      continue
    }
    stack.push(
      ...(nextProducer(flow, pattern, swaps, found) ?? nextUsers(flow, pattern, swaps, found).reverse()),
    )
  }
}

/**
 * Completes what has been found from the last output backwards: a pattern with several outputs goes forward again from
 * what they share. Gives the possible places, at most {@link maxTries} of them looked at.
 */
export const complete = (
  flow: Flow,
  pattern: PatternGraph,
  swaps: Swaps,
  start: Found,
): Iterable<Binding> => {
  if (start.includes(undefined)) return search(flow, pattern, swaps, start)
  const bound = bind(flow, pattern, swaps, start as readonly number[])
  return bound === undefined ? [] : [bound]
}
