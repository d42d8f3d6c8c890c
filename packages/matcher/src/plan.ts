import {
  type AnyModule,
  type GraphModuleOf,
  indexGraph,
  inferTypes,
  unknownType,
  type ValueType,
} from '@nnfuse/ir'
import { type Declined, decline, isDeclined } from './decline.js'
import { notAModule, rewriteFailed } from './errors.js'
import { callAt, checkLegality, type Flow, moduleAt, soleProducer } from './legality.js'
import { type LostHook, moveHooks, withoutMovedHooks } from './move-hooks.js'
import type { MatchContext, Rule } from './rule.js'
import { indexRules, type RankedRule, type RuleNode } from './rule-index.js'

/** One rewrite that a plan has decided on. */
export interface Application {
  readonly rule: string
  /** Positions of the matched calls in the order they run. */
  readonly positions: readonly number[]
  readonly paths: readonly string[]
  /** What takes the place of the first matched module. */
  readonly replacement: AnyModule
}

/** A rule whose pattern fitted but which did not apply. */
export interface Decline {
  readonly rule: string
  readonly paths: readonly string[]
  readonly reason: string
}

/** What matching found, before anything is changed. Printable data but for the modules in it. */
export interface Plan {
  readonly graph: GraphModuleOf
  readonly applications: readonly Application[]
  readonly declines: readonly Decline[]
  /** How often each rule's pattern fitted somewhere. */
  readonly tried: ReadonlyMap<string, number>
}

/** A place where a rule's pattern fits. */
interface Candidate extends RankedRule {
  readonly positions: readonly number[]
}

/** Walks back from a call as long as some rule continues, and gives every rule that ends there. */
function* candidatesAt(flow: Flow, root: RuleNode, last: number): Generator<Candidate> {
  const backwards: number[] = []
  let node = root.next.get(moduleAt(flow, last).kind)
  let position: number | undefined = last
  while (node !== undefined && position !== undefined) {
    backwards.push(position)
    for (const { rule, rank } of node.rules) yield { rule, rank, positions: [...backwards].reverse() }
    position = soleProducer(flow, position)
    node = position === undefined ? undefined : node.next.get(moduleAt(flow, position).kind)
  }
}

const acceptsAll = (flow: Flow, { rule, positions }: Candidate): boolean =>
  rule.slots.every((slot, i) => slot.accepts(moduleAt(flow, positions[i] as number)))

const byRank = (a: Candidate, b: Candidate): number => a.rank - b.rank

/** Types are inferred when the first guard asks for one. */
const lazyTypes = (graph: GraphModuleOf): ((value: string) => ValueType) => {
  let types: ReturnType<typeof inferTypes> | undefined
  return (value) => {
    types ??= inferTypes(graph)
    return types.get(value) ?? unknownType
  }
}

/** What a rule may know besides the graph. */
export interface Knowledge {
  readonly typeOf: (value: string) => ValueType
  /** See {@link MatchContext.asked}. */
  readonly asked: boolean
}

const contextOf = (
  flow: Flow,
  positions: readonly number[],
  modules: readonly AnyModule[],
  { typeOf, asked }: Knowledge,
): MatchContext => ({
  modules,
  asked,
  paths: positions.map((position) => callAt(flow, position).target),
  outputType: (slot) => typeOf(callAt(flow, positions[slot] as number).outputs[0] as string),
  decline,
})

const runRewrite = (rule: Rule, cx: MatchContext): AnyModule | Declined => {
  const rewrite = rule.rewrite as (...args: readonly unknown[]) => unknown
  let result: unknown
  try {
    result = rewrite(...cx.modules, cx)
  } catch (cause) {
    throw rewriteFailed(rule.name, cx.paths, cause)
  }
  if (isDeclined(result)) return result
  if (typeof result === 'object' && result !== null && 'kind' in result) return result as AnyModule
  throw notAModule(rule.name)
}

/** What a rule makes of a chain of calls. */
export interface Rewritten {
  readonly replacement: AnyModule
  /** Hooks between the layers that have no place in the replacement; they are on it no more. */
  readonly lostHooks: readonly LostHook[]
}

/**
 * What a rule makes of a chain of calls: the fused module with its hooks, or the reason why not. Legality first, then
 * the rule's guards, then its rewrite.
 *
 * @throws NnfuseError `REWRITE_FAILED` or `BAD_REWRITE` where the rule itself is broken.
 */
export const tryRule = (
  flow: Flow,
  rule: Rule,
  positions: readonly number[],
  knowledge: Knowledge,
): Rewritten | Declined => {
  const legal = checkLegality(flow, positions)
  if (legal !== true) return legal
  const modules = positions.map((position) => moduleAt(flow, position))
  const seen = withoutMovedHooks(modules)
  const cx = contextOf(flow, positions, seen, knowledge)
  for (const guard of rule.guards) {
    const verdict = guard(cx)
    if (verdict !== true) return verdict
  }
  const result = runRewrite(rule, cx)
  return isDeclined(result) ? result : moveHooks(result, modules, seen)
}

/** Where nobody has asked for the fusion, no hook may be lost by it. */
const withoutLosses = (result: Rewritten | Declined, paths: readonly string[]): Rewritten | Declined => {
  const [lost] = isDeclined(result) ? [] : result.lostHooks
  return lost === undefined ? result : decline(`a hook on ${paths[lost.slot]} would be lost`)
}

/**
 * Finds what to fuse: every place where a rule's pattern fits, longest first, then by benefit, then the one for fewer
 * kinds, then in the order of the rules; a layer is taken once. Changes nothing. Linear in the size of the graph.
 */
export const plan = (graph: GraphModuleOf, rules: readonly Rule[]): Plan => {
  const flow: Flow = { graph, index: indexGraph(graph.attrs) }
  const root = indexRules(rules)
  const knowledge: Knowledge = { typeOf: lazyTypes(graph), asked: false }
  const candidates: Candidate[] = []
  for (let position = 0; position < graph.attrs.calls.length; position += 1) {
    for (const candidate of candidatesAt(flow, root, position)) {
      if (acceptsAll(flow, candidate)) candidates.push(candidate)
    }
  }
  return decide(flow, candidates.sort(byRank), knowledge)
}

const decide = (flow: Flow, candidates: readonly Candidate[], knowledge: Knowledge): Plan => {
  const taken = new Set<number>()
  const applications: Application[] = []
  const declines: Decline[] = []
  const tried = new Map<string, number>()
  for (const { rule, positions } of candidates) {
    if (positions.some((position) => taken.has(position))) continue
    tried.set(rule.name, (tried.get(rule.name) ?? 0) + 1)
    const paths = positions.map((position) => callAt(flow, position).target)
    const result = withoutLosses(tryRule(flow, rule, positions, knowledge), paths)
    if (isDeclined(result)) {
      declines.push({ rule: rule.name, paths, reason: result.declined })
      continue
    }
    for (const position of positions) taken.add(position)
    applications.push({ rule: rule.name, positions, paths, replacement: result.replacement })
  }
  return { graph: flow.graph, applications, declines, tried }
}

export { lazyTypes }
