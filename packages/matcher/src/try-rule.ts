import {
  type AnyModule,
  GraphModule,
  type GraphModuleOf,
  inferTypes,
  unknownType,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import type { Binding } from './bind.js'
import { type Declined, decline, isDeclined } from './decline.js'
import { notAModule, rewriteFailed, wrongArity } from './errors.js'
import { callAt, type Flow, moduleAt, pathsAt } from './flow.js'
import { type Cluster, checkLegality } from './legality.js'
import { type LostHook, moveHooks, movesOf, withoutMovedHooks } from './move-hooks.js'
import type { PatternSource } from './pattern-graph.js'
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

/** The calls that a match takes, constants left out, and what goes in and out. */
export const clusterOf = (flow: Flow, { pattern }: Rule, { positions, values }: Binding): Cluster => ({
  positions: positions.filter((_, i) => !pattern.ops[i]?.isConstant),
  outputs: pattern.outputs.map((op) => positions[op] as number),
  inputs: pattern.feeds.flatMap((feed) =>
    'open' in feed ? [values[feed.open] as ValueId] : callAt(flow, positions[feed.allOf] as number).inputs,
  ),
})

const contextOf = (
  flow: Flow,
  { pattern }: Rule,
  { positions, values }: Binding,
  { inputs }: Cluster,
  modules: readonly AnyModule[],
  { typeOf, asked }: Knowledge,
): MatchContext => {
  const valueAt = (source: PatternSource | undefined): ValueId | undefined => {
    if (source === undefined) return undefined
    if ('open' in source) return values[source.open]
    return callAt(flow, positions[source.op] as number).outputs[source.output]
  }
  const typeAt = (value: ValueId | undefined): ValueType =>
    value === undefined ? unknownType : typeOf(value)
  return {
    modules,
    paths: pathsAt(flow, positions),
    captures: Object.fromEntries(
      pattern.ops.flatMap(({ name }, i) => (name === undefined ? [] : [[name, modules[i]]])),
    ),
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
const checkArity = (flow: Flow, rule: Rule, { inputs, outputs }: Cluster, made: AnyModule): void => {
  if (!GraphModule.is(made)) return
  const given = outputs.flatMap((position) => callAt(flow, position).outputs)
  if (made.attrs.inputs.length !== inputs.length)
    throw wrongArity(rule.name, 'takes', made.attrs.inputs.length, inputs.length)
  if (made.attrs.outputs.length !== given.length)
    throw wrongArity(rule.name, 'gives', made.attrs.outputs.length, given.length)
}

/** What a rule makes of a match. */
export interface Rewritten {
  /** What the rewrite asked of types: matches of the same layers where the answers differ may become something else. */
  readonly typesSeen: readonly ValueType[]
  readonly replacement: AnyModule
  /** Hooks between the layers that have no place in the replacement; they are on it no more. */
  readonly lostHooks: readonly LostHook[]
}

/**
 * What a rule makes of a match: the fused module with its hooks, or the reason why not. Legality first, then the
 * rule's guards, then its rewrite.
 *
 * @throws NnfuseError `REWRITE_FAILED` or `BAD_REWRITE` where the rule itself is broken.
 */
export const tryRule = (
  flow: Flow,
  rule: Rule,
  binding: Binding,
  knowledge: Knowledge,
): Rewritten | Declined => {
  const cluster = clusterOf(flow, rule, binding)
  const legal = checkLegality(flow, cluster)
  if (legal !== true) return legal
  const modules = binding.positions.map((position) => moduleAt(flow, position))
  const moves = movesOf(rule.pattern)
  const seen = withoutMovedHooks(modules, moves)
  const cx = contextOf(flow, rule, binding, cluster, seen, knowledge)
  for (const guard of rule.guards) {
    const verdict = guard(cx)
    if (verdict !== true) return verdict
  }
  const typesSeen: ValueType[] = []
  const typeOf = (value: ValueId): ValueType => {
    const type = knowledge.typeOf(value)
    typesSeen.push(type)
    return type
  }
  const result = runRewrite(rule, contextOf(flow, rule, binding, cluster, seen, { ...knowledge, typeOf }))
  if (isDeclined(result)) return result
  checkArity(flow, rule, cluster, result)
  return { ...moveHooks(result, modules, seen, moves), typesSeen }
}
