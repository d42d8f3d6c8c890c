import { Constant } from '@nnfuse/ir'
import {
  disconnectedPattern,
  duplicateCapture,
  emptyPattern,
  patternIsNoLayer,
  slotWithoutKinds,
  tooManyOrders,
} from './errors.js'
import type { OutputsPattern, PatternNode, ValuePattern } from './pattern.js'
import type { Slot } from './slot.js'

/*
 * What every pattern becomes, a chain of kinds as well as a graph: its layers in an order in which they can run, with
 * where the inputs of each come from.
 */

/** Where a value in a pattern comes from: an output of one of its layers, or outside. */
export type PatternSource = { readonly op: number; readonly output: number } | { readonly open: number }

/** A layer in a pattern. */
export interface PatternOp {
  readonly slot: Slot
  /** Absent where the layer may have any inputs. */
  readonly inputs?: readonly PatternSource[]
  /** Both orders of its two inputs match. */
  readonly commutative: boolean
  /** Only a constant may stand here. It is looked at and not taken: others may use it, too. */
  readonly isConstant: boolean
  readonly name?: string
}

/** What the replacement is given: the value at an open place, or all inputs of a layer that may have any. */
export type Feed = { readonly open: number } | { readonly allOf: number }

/** A pattern as a graph of numbered layers, whichever way it was written. */
export interface PatternGraph {
  /** In an order in which they can run. */
  readonly ops: readonly PatternOp[]
  /** The layers whose outputs leave the match, in order. */
  readonly outputs: readonly number[]
  /** What the replacement is given, in the order in which the pattern names it. */
  readonly feeds: readonly Feed[]
  /** Names of values and layers. */
  readonly names: ReadonlyMap<string, PatternSource>
  /** A tuple of kinds, each fed by the one before only. */
  readonly isChain: boolean
  readonly moves: Moves
}

/** Whose hooks move to the replacement: before it runs those of one layer, after it those of another. */
export interface Moves {
  readonly before: number | undefined
  readonly after: number | undefined
}

/**
 * Hooks before the first layer move where that layer alone is given what the whole match is given, hooks after the
 * last one where it alone gives what the match gives. Hooks of other layers stay with these.
 */
const movesOf = ({ ops, feeds, outputs }: Omit<PatternGraph, 'moves'>): Moves => {
  const firstTakesAll =
    feeds.every((feed) => 'open' in feed || feed.allOf === 0) &&
    ops.every(({ inputs = [] }, i) => i === 0 || inputs.every((source) => 'op' in source))
  return { before: firstTakesAll ? 0 : undefined, after: outputs.length === 1 ? outputs[0] : undefined }
}

/** More operands that may change places would make too many orders to try. */
const maxCommutative = 6

interface Compiling {
  readonly rule: string
  readonly ops: PatternOp[]
  readonly feeds: Feed[]
  readonly names: Map<string, PatternSource>
  readonly found: Map<PatternNode, number>
  open: number
}

const nameOpen = (state: Compiling, name: string): PatternSource => {
  const known = state.names.get(name)
  if (known !== undefined) return known
  const source = { open: state.open }
  state.open += 1
  state.feeds.push(source)
  state.names.set(name, source)
  return source
}

const nameOp = (state: Compiling, op: number, name: string | undefined): void => {
  if (name === undefined) return
  if (state.names.has(name)) throw duplicateCapture(state.rule, name)
  state.names.set(name, { op, output: 0 })
}

const compileValue = (state: Compiling, { node, output }: ValuePattern): PatternSource => {
  if ('any' in node) return nameOpen(state, node.any)
  const known = state.found.get(node)
  if (known !== undefined) return { op: known, output }
  const inputs = node.inputs?.map((input) => compileValue(state, input))
  const op = state.ops.length
  const { slot, name } = node
  if (slot.kinds.length === 0) throw slotWithoutKinds(state.rule, op)
  const isConstant = slot.kinds.every((kind) => kind === Constant.kind)
  if (inputs === undefined && !isConstant) state.feeds.push({ allOf: op })
  state.ops.push({
    slot,
    ...(inputs && { inputs }),
    commutative: slot.commutative && inputs?.length === 2,
    isConstant,
    ...(name !== undefined && { name }),
  })
  state.found.set(node, op)
  nameOp(state, op, name)
  return { op, output }
}

/** Every output must be reached from the last by way of what they share. */
const checkConnected = (rule: string, { ops, outputs }: Pick<PatternGraph, 'ops' | 'outputs'>): void => {
  const keyOf = (source: PatternSource): string =>
    'op' in source ? `op ${source.op}` : `open ${source.open}`
  const groups = ops.map((op, i) => new Set([`op ${i}`, ...(op.inputs ?? []).map(keyOf)]))
  const reached = new Set([`op ${outputs.at(-1)}`])
  for (let before = -1; before < reached.size; ) {
    before = reached.size
    for (const group of groups) {
      if ([...group].some((key) => reached.has(key))) for (const key of group) reached.add(key)
    }
  }
  if (outputs.some((op) => !reached.has(`op ${op}`))) throw disconnectedPattern(rule)
}

/**
 * A graph pattern with its layers numbered.
 *
 * @throws NnfuseError `BAD_RULE`
 */
export const compilePattern = (rule: string, pattern: ValuePattern | OutputsPattern): PatternGraph => {
  const values = 'outputs' in pattern ? pattern.outputs : [pattern]
  const state: Compiling = { rule, ops: [], feeds: [], names: new Map(), found: new Map(), open: 0 }
  const sources = values.map((value) => compileValue(state, value))
  if (sources.length === 0) throw emptyPattern(rule)
  const outputs = sources.map((source) => {
    if ('op' in source) return source.op
    throw patternIsNoLayer(rule)
  })
  const { ops, feeds, names } = state
  if (ops.filter(({ commutative }) => commutative).length > maxCommutative)
    throw tooManyOrders(rule, maxCommutative)
  const graph = { ops, outputs: [...new Set(outputs)], feeds, names, isChain: false }
  checkConnected(rule, graph)
  return { ...graph, moves: movesOf(graph) }
}

/** A tuple of kinds as a pattern: the first may have any inputs, each other is fed by the one before and nothing else. */
export const chainPattern = (rule: string, slots: readonly Slot[]): PatternGraph => {
  if (slots.length === 0) throw emptyPattern(rule)
  const empty = slots.findIndex((slot) => slot.kinds.length === 0)
  if (empty >= 0) throw slotWithoutKinds(rule, empty)
  const ops = slots.map(
    (slot, i): PatternOp => ({
      slot,
      ...(i > 0 && { inputs: [{ op: i - 1, output: 0 }] }),
      commutative: false,
      isConstant: false,
    }),
  )
  const chain = { ops, outputs: [slots.length - 1], feeds: [{ allOf: 0 }], names: new Map(), isChain: true }
  return { ...chain, moves: movesOf(chain) }
}

const printSource = (pattern: PatternGraph, source: PatternSource): string => {
  if ('op' in source)
    return `${printOp(pattern, source.op)}${source.output > 0 ? `.at(${source.output})` : ''}`
  const named = [...pattern.names].find(([, other]) => 'open' in other && other.open === source.open)
  return named?.[0] ?? '?'
}

const printOp = (pattern: PatternGraph, at: number): string => {
  const { slot, inputs } = pattern.ops[at] as PatternOp
  const label = slot.kinds.length > 1 ? `(${slot.label})` : slot.label
  return inputs === undefined
    ? label
    : `${label}(${inputs.map((input) => printSource(pattern, input)).join(', ')})`
}

/** A pattern as text: its slots one by one where it is a chain, `nn.Conv2d`; else its outputs, `nn.Add(nn.Conv2d, y)`. */
export const printPattern = (pattern: PatternGraph): string[] =>
  pattern.isChain
    ? pattern.ops.map(({ slot }) => slot.label)
    : pattern.outputs.map((op) => printOp(pattern, op))
