import {
  type AnyModule,
  GraphModule,
  type GraphModuleOf,
  inferTypes,
  unknownType,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { type Declined, decline, isDeclined } from './decline.js'
import { notAModule, rewriteFailed, wrongArity } from './errors.js'
import { callAt, type Flow } from './flow.js'
import { checkLegality } from './legality.js'
import { type Match, outputsOf } from './match.js'
import { type LostHook, moveHooks, withoutMovedHooks } from './move-hooks.js'
import type { Moves, PatternGraph, PatternSource } from './pattern-graph.js'
import type { MatchContext, Rule } from './rule.js'

/** Types are inferred when the first guard asks for one. */
export const lazyTypes = (graph: GraphModuleOf): ((value: ValueId) => ValueType) => {
  let types: ReturnType<typeof inferTypes> | undefined
  return (value) => {
    types ??= inferTypes(graph)
    return types.get(value) ?? unknownType
  }
}

/** What a rule may know besides the graph. */
export interface Knowledge {
  readonly typeOf: (value: ValueId) => ValueType
  /** See {@link MatchContext.asked}. */
  readonly asked: boolean
}

const capturesOf = (
  { ops, isChain }: PatternGraph,
  modules: readonly AnyModule[],
): Record<string, unknown> =>
  isChain
    ? {}
    : Object.fromEntries(ops.flatMap(({ name }, i) => (name === undefined ? [] : [[name, modules[i]]])))

const contextOf = (
  flow: Flow,
  { rule: { pattern }, binding, inputs, paths }: Match,
  modules: readonly AnyModule[],
  typeOf: Knowledge['typeOf'],
  asked: boolean,
): MatchContext => {
  const { positions, values } = binding
  const valueAt = (source: PatternSource | undefined): ValueId | undefined => {
    if (source === undefined) return undefined
    if ('open' in source) return values[source.open]
    return callAt(flow, positions[source.op] as number).outputs[source.output]
  }
  const typeAt = (value: ValueId | undefined): ValueType =>
    value === undefined ? unknownType : typeOf(value)
  return {
    modules,
    paths,
    captures: capturesOf(pattern, modules),
    outputType: (layer) => typeAt(valueAt({ op: layer, output: 0 })),
    typeOf: (name) => typeAt(valueAt(pattern.names.get(name))),
    inputType: (input) => typeAt(inputs[input]),
    asked,
    decline,
  }
}

const isModule = (result: unknown): result is AnyModule =>
  typeof result === 'object' && result !== null && 'kind' in result

const runRewrite = (rule: Rule, cx: MatchContext): AnyModule | Declined => {
  let result: unknown
  try {
    result = rule.rewrite(cx)
  } catch (cause) {
    throw rewriteFailed(rule.name, cx.paths, cause)
  }
  if (isDeclined(result) || isModule(result)) return result
  throw notAModule(rule.name)
}

/** A graph says how many values it takes and gives; of other kinds nobody knows before they run. */
const checkArity = (flow: Flow, match: Match, made: AnyModule): void => {
  const { rule, inputs } = match
  if (!GraphModule.is(made)) return
  const given = outputsOf(flow, match)
  if (made.attrs.inputs.length !== inputs.length)
    throw wrongArity(rule.name, 'takes', made.attrs.inputs.length, inputs.length)
  if (made.attrs.outputs.length !== given.length)
    throw wrongArity(rule.name, 'gives', made.attrs.outputs.length, given.length)
}

/** Hooks before a layer may move to its replacement only where that is given what the layer was given. */
const movesAt = (flow: Flow, { rule: { pattern }, binding, inputs }: Match): Moves => {
  const { moves, isChain } = pattern
  if (isChain || moves.before === undefined) return moves
  const { inputs: given } = callAt(flow, binding.positions[moves.before] as number)
  const isSame = given.length === inputs.length && given.every((value, i) => value === inputs[i])
  return isSame ? moves : { ...moves, before: undefined }
}

/** What a rule makes of a match. */
export interface Rewritten {
  /** What the rewrite asked of types: matches of the same layers where the answers differ may become something else. */
  readonly typesSeen: readonly ValueType[]
  readonly replacement: AnyModule
  /** Hooks between the layers that have no place in the replacement; they are on it no more. */
  readonly lostHooks: readonly LostHook[]
}

const noTypes: readonly ValueType[] = []

/**
 * What a rule makes of a match: the fused module with its hooks, or the reason why not. Legality first, then the
 * rule's guards, then its rewrite.
 *
 * @throws NnfuseError `REWRITE_FAILED` or `BAD_REWRITE` where the rule itself is broken.
 */
export const tryRule = (flow: Flow, match: Match, knowledge: Knowledge): Rewritten | Declined => {
  const legal = checkLegality(flow, match)
  if (legal !== true) return legal
  const { rule, modules } = match
  const moves = movesAt(flow, match)
  const seen = withoutMovedHooks(modules, moves)
  let typesSeen = noTypes
  const typeOf = (value: ValueId): ValueType => {
    const type = knowledge.typeOf(value)
    typesSeen = [...typesSeen, type]
    return type
  }
  const cx = contextOf(flow, match, seen, typeOf, knowledge.asked)
  for (const guard of rule.guards) {
    const verdict = guard(cx)
    if (verdict !== true) return verdict
  }
  typesSeen = noTypes
  const result = runRewrite(rule, cx)
  if (isDeclined(result)) return result
  checkArity(flow, match, result)
  return { ...moveHooks(result, modules, seen, moves), typesSeen }
}
