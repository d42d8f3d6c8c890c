import {
  type AnyModule,
  type GraphModuleOf,
  indexGraph,
  inferTypes,
  unknownType,
  type ValueType,
  withHooks,
} from '@nnfuse/ir'
import { type Declined, decline, isDeclined } from './decline.js'
import { notAModule, rewriteFailed } from './errors.js'
import { callAt, checkLegality, type Flow, moduleAt } from './legality.js'
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

/** The call that makes a call's only input; undefined where there are several inputs, or it is the graph's own. */
const soleProducer = (flow: Flow, position: number): number | undefined => {
  const { inputs } = callAt(flow, position)
  return inputs.length === 1 ? flow.index.producer.get(inputs[0] as string) : undefined
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

type TypeOf = (value: string) => ValueType

const contextOf = (
  flow: Flow,
  positions: readonly number[],
  modules: readonly AnyModule[],
  typeOf: TypeOf,
): MatchContext => ({
  modules,
  paths: positions.map((position) => callAt(flow, position).target),
  outputType: (slot) => typeOf(callAt(flow, positions[slot] as number).outputs[0] as string),
  decline,
})

/** The modules as a rule sees them: without the hooks that move to the fused module. */
const withoutMovedHooks = (modules: readonly AnyModule[]): AnyModule[] =>
  modules.map((module, i) => {
    const forwardPre = i === 0 ? [] : module.hooks.forwardPre
    const forward = i === modules.length - 1 ? [] : module.hooks.forward
    const same =
      forwardPre.length === module.hooks.forwardPre.length && forward.length === module.hooks.forward.length
    return same ? module : withHooks(module, { forwardPre, forward })
  })

const withMovedHooks = (fused: AnyModule, modules: readonly AnyModule[]): AnyModule => {
  const { forwardPre } = (modules[0] as AnyModule).hooks
  const { forward } = (modules.at(-1) as AnyModule).hooks
  if (forwardPre.length === 0 && forward.length === 0) return fused
  return withHooks(fused, {
    forwardPre: [...forwardPre, ...fused.hooks.forwardPre],
    forward: [...fused.hooks.forward, ...forward],
  })
}

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

/**
 * What a rule makes of a chain of calls: the fused module, hooks moved, or the reason why not. Legality first, then
 * the rule's guards, then its rewrite.
 *
 * @throws NnfuseError `REWRITE_FAILED` or `BAD_REWRITE` where the rule itself is broken.
 */
export const tryRule = (
  flow: Flow,
  rule: Rule,
  positions: readonly number[],
  typeOf: TypeOf,
): AnyModule | Declined => {
  const legal = checkLegality(flow, positions)
  if (legal !== true) return legal
  const modules = positions.map((position) => moduleAt(flow, position))
  const cx = contextOf(flow, positions, withoutMovedHooks(modules), typeOf)
  for (const guard of rule.guards) {
    const verdict = guard(cx)
    if (verdict !== true) return verdict
  }
  const result = runRewrite(rule, cx)
  return isDeclined(result) ? result : withMovedHooks(result, modules)
}

/**
 * Finds what to fuse: every place where a rule's pattern fits, longest first, then by benefit, then the one for fewer
 * kinds, then in the order of the rules; a layer is taken once. Changes nothing. Linear in the size of the graph.
 */
export const plan = (graph: GraphModuleOf, rules: readonly Rule[]): Plan => {
  const flow: Flow = { graph, index: indexGraph(graph.attrs) }
  const root = indexRules(rules)
  const typeOf = lazyTypes(graph)
  const candidates: Candidate[] = []
  for (let position = 0; position < graph.attrs.calls.length; position += 1) {
    for (const candidate of candidatesAt(flow, root, position)) {
      if (acceptsAll(flow, candidate)) candidates.push(candidate)
    }
  }
  return decide(flow, candidates.sort(byRank), typeOf)
}

const decide = (flow: Flow, candidates: readonly Candidate[], typeOf: TypeOf): Plan => {
  const taken = new Set<number>()
  const applications: Application[] = []
  const declines: Decline[] = []
  const tried = new Map<string, number>()
  for (const { rule, positions } of candidates) {
    if (positions.some((position) => taken.has(position))) continue
    tried.set(rule.name, (tried.get(rule.name) ?? 0) + 1)
    const paths = positions.map((position) => callAt(flow, position).target)
    const result = tryRule(flow, rule, positions, typeOf)
    if (isDeclined(result)) {
      declines.push({ rule: rule.name, paths, reason: result.declined })
      continue
    }
    for (const position of positions) taken.add(position)
    applications.push({ rule: rule.name, positions, paths, replacement: result })
  }
  return { graph: flow.graph, applications, declines, tried }
}

export { lazyTypes }
