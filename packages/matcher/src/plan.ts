import type { AnyModule, GraphModuleOf, ValueId, ValueType } from '@nnfuse/ir'
import { type Binding, complete } from './bind.js'
import { type Declined, decline, isDeclined } from './decline.js'
import { type Candidate, findCandidates } from './find-candidates.js'
import { callAt, type Flow, flowOf, pathsAt } from './flow.js'
import { assignHosts } from './hosts.js'
import type { Cluster } from './legality.js'
import { findPlace } from './placement.js'
import type { Rule } from './rule.js'
import { indexRules } from './rule-index.js'
import { clusterOf, type Knowledge, lazyTypes, type Rewritten, tryRule } from './try-rule.js'

/** One rewrite that a plan has decided on. */
export interface Application {
  readonly rule: string
  /** Positions of the matched calls, in the order of the pattern. */
  readonly positions: readonly number[]
  readonly paths: readonly string[]
  /** Path of the first layer that it takes: constants are only looked at. */
  readonly host: string
  /** Path of what takes their place: the host's, or a new one where others still need the host as it was. */
  readonly path: string
  readonly replacement: AnyModule
  /** See {@link Rewritten}. */
  readonly typesSeen: readonly ValueType[]
  readonly inputs: readonly ValueId[]
  readonly outputs: readonly ValueId[]
  /** When it runs: the position of a call whose place it takes, or between two calls. */
  readonly place: number
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
  /** Positions of the calls that go. */
  readonly removed: ReadonlySet<number>
  /** Paths that nobody calls any more. */
  readonly vacated: ReadonlySet<string>
}

/** What has been decided so far. */
interface Deciding {
  readonly flow: Flow
  readonly knowledge: Knowledge
  readonly removed: Set<number>
  readonly places: Map<number, number>
  readonly applications: Application[]
  readonly declines: Decline[]
  readonly tried: Map<string, number>
}

/** Where nobody has asked for the fusion, no hook may be lost by it. */
const withoutLosses = (result: Rewritten | Declined, paths: readonly string[]): Rewritten | Declined => {
  const [lost] = isDeclined(result) ? [] : result.lostHooks
  return lost === undefined ? result : decline(`a hook on ${paths[lost.slot]} would be lost`)
}

const take = (state: Deciding, rule: Rule, binding: Binding, cluster: Cluster, made: Placed): void => {
  const { flow, removed, places, applications } = state
  const { target: host } = callAt(flow, cluster.positions[0] as number)
  for (const position of cluster.positions) {
    removed.add(position)
    if (cluster.outputs.length > 1) places.set(position, made.place)
  }
  applications.push({
    rule: rule.name,
    positions: binding.positions,
    paths: pathsAt(flow, binding.positions),
    host,
    path: host,
    replacement: made.replacement,
    typesSeen: made.typesSeen,
    inputs: cluster.inputs,
    outputs: cluster.outputs.flatMap((position) => callAt(flow, position).outputs),
    place: made.place,
  })
}

interface Placed extends Rewritten {
  readonly place: number
}

const tryMatch = (
  { flow, places, knowledge }: Deciding,
  rule: Rule,
  binding: Binding,
  cluster: Cluster,
): Placed | Declined => {
  const paths = pathsAt(flow, binding.positions)
  const result = withoutLosses(tryRule(flow, rule, binding, knowledge), paths)
  if (isDeclined(result)) return result
  const place = findPlace(flow, places, cluster)
  return isDeclined(place) ? place : { ...result, place }
}

/** Takes the first match that is legal and that the rule accepts. */
const decide = (state: Deciding, { ranked, found }: Candidate): void => {
  const { flow, removed, tried, declines } = state
  const { rule, swaps, visits } = ranked
  const start = new Array<number | undefined>(rule.pattern.ops.length).fill(undefined)
  for (const [i, op] of visits.entries()) start[op] = found[i]
  for (const binding of complete(flow, rule.pattern, swaps, start)) {
    const cluster = clusterOf(flow, rule, binding)
    if (cluster.positions.some((position) => removed.has(position))) continue
    tried.set(rule.name, (tried.get(rule.name) ?? 0) + 1)
    const result = tryMatch(state, rule, binding, cluster)
    if (!isDeclined(result)) {
      take(state, rule, binding, cluster, result)
      return
    }
    declines.push({ rule: rule.name, paths: pathsAt(flow, binding.positions), reason: result.declined })
  }
}

/** Constants that a pattern has looked at go where nobody uses them any more. */
const dropConstants = ({ flow, removed, applications }: Deciding): void => {
  const needed = new Set(applications.flatMap(({ inputs }) => inputs))
  for (const position of applications.flatMap(({ positions }) => positions)) {
    const unused = callAt(flow, position).outputs.every(
      (value) =>
        !flow.index.isOutput.has(value) &&
        !needed.has(value) &&
        (flow.index.users.get(value) ?? []).every((user) => removed.has(user)),
    )
    if (unused) removed.add(position)
  }
}

const vacatedBy = (flow: Flow, removed: ReadonlySet<number>): Set<string> => {
  const vacated = new Set<string>()
  for (const position of removed) {
    const { target } = callAt(flow, position)
    const calls = flow.index.callsOf.get(target) ?? []
    if (calls.every((call) => removed.has(call))) vacated.add(target)
  }
  return vacated
}

/**
 * Finds what to fuse: every place where a rule's pattern fits, those for the most layers first, then by benefit, then
 * those for fewer kinds, then in the order of the rules; a layer is taken once. Changes nothing. Linear in the size of
 * the graph.
 */
export const plan = (graph: GraphModuleOf, rules: readonly Rule[]): Plan => {
  const flow = flowOf(graph)
  const state: Deciding = {
    flow,
    knowledge: { typeOf: lazyTypes(graph), asked: false },
    removed: new Set(),
    places: new Map(),
    applications: [],
    declines: [],
    tried: new Map(),
  }
  for (const candidate of findCandidates(flow, indexRules(rules))) decide(state, candidate)
  dropConstants(state)
  const { removed, declines, tried } = state
  const vacated = vacatedBy(flow, removed)
  const applications = assignHosts(flow, state.applications, vacated)
  return { graph, applications, declines, tried, removed, vacated }
}
