import {
  type AnyModule,
  type GraphModuleOf,
  holdsApproximate,
  type ValueId,
  type ValueType,
} from '@nnfuse/ir'
import { complete } from './bind.js'
import { type Declined, decline, isDeclined } from './decline.js'
import { type Exactness, lessExact } from './exactness.js'
import { callsOfCandidate, findCandidates } from './find-candidates.js'
import { callAt, callsLike, type Flow, flowOf } from './flow.js'
import { assignHosts } from './hosts.js'
import { type Match, matchOf, outputsOf } from './match.js'
import { findPlace } from './placement.js'
import type { Rule } from './rule.js'
import { indexRules, type RankedRule } from './rule-index.js'
import { type Knowledge, lazyTypes, type Rewritten, tryRule } from './try-rule.js'

/** One rewrite that a plan has decided on. */
export interface Application {
  readonly rule: string
  /** Positions of the matched calls, in the order of the pattern. */
  readonly positions: readonly number[]
  readonly paths: readonly string[]
  /** Position of the first layer that it takes: constants are only looked at. */
  readonly host: number
  /** Path of what takes their place: the host's, or a new one where others still need the host as it was. */
  readonly path: string
  readonly replacement: AnyModule
  readonly exactness: Exactness
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
  /** The pass that rewrites layers itself and declined to; absent where it was a rule. */
  readonly pass?: string
}

/** What matching found, before anything is changed. Printable data but for the modules in it. */
export interface Plan {
  readonly graph: GraphModuleOf
  readonly applications: readonly Application[]
  readonly declines: readonly Decline[]
  /** How often each rule's pattern fitted somewhere. */
  readonly tried: ReadonlyMap<string, number>
  /** Of each call, by position, 1 if it goes. */
  readonly removed: Uint8Array
  /** Whether nobody calls the layer any more that is called at a position. */
  isVacated(position: number): boolean
}

/** What has been decided so far. */
interface Deciding {
  readonly flow: Flow
  readonly knowledge: Knowledge
  readonly removed: Uint8Array
  /** Positions of the constants that patterns have looked at. */
  readonly constants: Set<number>
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

interface Placed extends Rewritten {
  readonly place: number
}

const take = (state: Deciding, match: Match, { replacement, typesSeen, place }: Placed): void => {
  const { flow, removed, places, constants, applications } = state
  const { rule, binding, paths, inputs } = match
  for (const position of match.positions) {
    removed[position] = 1
    if (match.outputs.length > 1) places.set(position, place)
  }
  for (const position of binding.positions) if (!removed[position]) constants.add(position)
  const host = match.positions[0] as number
  const outputs = outputsOf(flow, match)
  const { positions } = binding
  applications.push({
    rule: rule.name,
    positions,
    paths,
    host,
    path: callAt(flow, host).target,
    replacement,
    exactness: match.modules.some(holdsApproximate) ? lessExact(rule.exactness, 'real') : rule.exactness,
    typesSeen,
    inputs,
    outputs,
    place,
  })
}

const tryMatch = ({ flow, places, knowledge }: Deciding, match: Match): Placed | Declined => {
  const result = withoutLosses(tryRule(flow, match, knowledge), match.paths)
  if (isDeclined(result)) return result
  const place = findPlace(flow, places, match)
  return isDeclined(place) ? place : { ...result, place }
}

/** Takes the first match of a rule at a call that is legal and that the rule accepts. */
const decide = (state: Deciding, ranked: RankedRule, last: number): void => {
  const { flow, removed, tried, declines } = state
  const { rule, swaps } = ranked
  if (removed[last]) return
  for (const binding of complete(flow, rule.pattern, swaps, callsOfCandidate(flow, ranked, last))) {
    if (binding.positions.some((position) => removed[position])) continue
    const match = matchOf(flow, rule, binding)
    tried.set(rule.name, (tried.get(rule.name) ?? 0) + 1)
    const result = tryMatch(state, match)
    if (!isDeclined(result)) {
      take(state, match, result)
      return
    }
    declines.push({ rule: rule.name, paths: match.paths, reason: result.declined })
  }
}

/** Constants that a pattern has looked at go where nobody uses them any more. */
const dropConstants = ({ flow, removed, constants, applications }: Deciding): void => {
  if (constants.size === 0) return
  const needed = new Set(applications.flatMap(({ inputs }) => inputs))
  const isUnused = (value: ValueId): boolean =>
    !flow.index.isOutput(value) &&
    !needed.has(value) &&
    flow.index.usersOf(value).every((user) => removed[user])
  for (const position of constants) {
    if (callAt(flow, position).outputs.every(isUnused)) removed[position] = 1
  }
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
    removed: new Uint8Array(graph.attrs.calls.length),
    constants: new Set(),
    places: new Map(),
    applications: [],
    declines: [],
    tried: new Map(),
  }
  for (const { rules: ranked, last } of findCandidates(flow, indexRules(rules))) {
    for (let i = 0; i < last.length; i += 1) decide(state, ranked[i] as RankedRule, last[i] as number)
  }
  dropConstants(state)
  const { removed, declines, tried } = state
  const isVacated = (position: number): boolean => callsLike(flow, position).every((call) => removed[call])
  const applications = assignHosts(flow, state.applications, isVacated)
  return { graph, applications, declines, tried, removed, isVacated }
}
