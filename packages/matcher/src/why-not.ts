import { type AnyModule, type GraphModuleOf, isContainer } from '@nnfuse/ir'
import { missReason, missReasons } from './describe-miss.js'
import { callAt, type Flow, flowOf } from './flow.js'
import { type History, lastDeclines, type Taken, traceTaken } from './history.js'
import { indexOpenings, missing, type Opening, type PartialMatch, partialAt } from './near-miss.js'
import type { Decline } from './plan.js'
import type { Rule } from './rule.js'

/** What explanations and lists of leftovers are both made from: a graph, its rules and its history, indexed once. */
export interface WhyNot {
  readonly flow: Flow
  /** Kinds that some rule exists to remove. */
  readonly eliminable: ReadonlySet<string>
  readonly openings: ReadonlyMap<string, readonly Opening[]>
  readonly declines: ReadonlyMap<string, readonly Decline[]>
  readonly takenBy: (path: string) => readonly Taken[]
}

export const whyNot = (graph: GraphModuleOf, rules: readonly Rule[], history: History): WhyNot => ({
  flow: flowOf(graph),
  eliminable: new Set(rules.flatMap((rule) => rule.eliminates)),
  openings: indexOpenings(rules),
  declines: lastDeclines(history),
  takenBy: traceTaken(history),
})

/** The module that rules exist to remove: this one, or the one that stands first in a fused one. */
export const eliminableModule = ({ eliminable }: WhyNot, module: AnyModule): AnyModule | undefined => {
  if (eliminable.has(module.kind)) return module
  const [first] = isContainer(module) ? [] : module.children.values()
  return first !== undefined && eliminable.has(first.kind) ? first : undefined
}

/** Fewest slots missing first; of these the longest, then what exists to remove the layer. */
const byCloseness =
  (kind: string) =>
  (a: PartialMatch, b: PartialMatch): number =>
    missing(a) - missing(b) ||
    b.positions.length - a.positions.length ||
    Number(b.rule.eliminates.includes(kind)) - Number(a.rule.eliminates.includes(kind))

/** What rules can still make of a layer: nothing more of one that has taken others in and is no longer itself. */
const subjectOf = (source: WhyNot, path: string): AnyModule | undefined => {
  const module = source.flow.graph.children.get(path)
  if (module === undefined) return undefined
  const eliminable = eliminableModule(source, module)
  const isHost = source.takenBy(path).some(({ paths }) => paths[0] === path)
  return eliminable ?? (isHost ? undefined : module)
}

/** Inside a fused module only what would remove the layer is of interest, and only where nothing has been tried. */
const openingsFor = (source: WhyNot, path: string, { kind }: AnyModule): readonly Opening[] => {
  const openings = source.openings.get(kind) ?? []
  const isInside = source.flow.graph.children.get(path)?.kind !== kind
  if (!isInside) return openings
  return source.declines.has(path) ? [] : openings.filter(({ rule }) => rule.eliminates.includes(kind))
}

/** The rules of whose patterns there is a part around a layer and which have not been tried there, closest first. */
export const partialsFor = (source: WhyNot, path: string): PartialMatch[] => {
  const subject = subjectOf(source, path)
  if (subject === undefined) return []
  const declined = new Set(source.declines.get(path)?.map(({ rule }) => rule))
  const openings = openingsFor(source, path, subject).filter(({ rule }) => !declined.has(rule.name))
  const best = new Map<Rule, PartialMatch>()
  for (const position of source.flow.index.callsOf(path)) {
    for (const opening of openings) {
      const partial = partialAt(source.flow, position, subject, opening)
      const before = best.get(opening.rule)
      if (partial !== undefined && (before === undefined || missing(partial) < missing(before)))
        best.set(opening.rule, partial)
    }
  }
  return [...best.values()].sort(byCloseness(subject.kind))
}

/** Why a rule stopped, or has not been tried although all of its pattern is there. */
export const reasonOf = ({ flow, takenBy }: WhyNot, { miss, positions }: PartialMatch): string => {
  if (miss !== undefined) return missReason(miss)
  const [taken] = positions.flatMap((position) => takenBy(callAt(flow, position).target))
  return taken === undefined ? 'fusing ended before it was tried' : `${taken.rule} was preferred`
}

/** The closest reasons why a layer is still there: those of rules that were tried, else of those that came nearest. */
export const closestReasons = (source: WhyNot, path: string, kind: string): string[] => {
  const declines = source.declines.get(path) ?? []
  if (declines.length > 0) return [...new Set(declines.map(({ reason }) => reason))]
  const partials = partialsFor(source, path).filter(({ rule }) => rule.eliminates.includes(kind))
  const [closest] = partials
  if (closest === undefined) return ['no rule takes it with these attributes']
  const nearest = partials.filter((partial) => missing(partial) === missing(closest))
  const untried = nearest.filter(({ miss }) => miss === undefined)
  if (untried.length > 0) return [...new Set(untried.map((partial) => reasonOf(source, partial)))]
  return missReasons(nearest.flatMap(({ miss }) => miss ?? []))
}
