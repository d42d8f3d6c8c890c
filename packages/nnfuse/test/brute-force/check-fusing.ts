import { type Call, type GraphModuleOf, print } from '@nnfuse/ir'
import { type Application, plan } from '@nnfuse/matcher'
import { illegality } from './is-legal.js'
import type { KnownRule } from './known-rule.js'
import { type BruteMatch, listMatches } from './list-matches.js'
import { wouldApply } from './would-apply.js'

const describe = (graph: GraphModuleOf, { rule }: KnownRule, { calls }: BruteMatch): string =>
  `${rule.name} at ${calls.map((call) => `${graph.attrs.calls[call]?.target} (call ${call})`).join(', ')}`

const withGraph = (problem: string, graph: GraphModuleOf): string => `${problem}\n\n${print(graph)}`

/** The legal matches that fusing has left, though their rules would apply. */
export const leftIn = (graph: GraphModuleOf, rules: readonly KnownRule[]): string[] =>
  rules.flatMap((known) =>
    listMatches(graph, known)
      .filter((match) => illegality(graph, match) === undefined && wouldApply(graph, known, match))
      .map((match) => withGraph(`left: ${describe(graph, known, match)}`, graph)),
  )

const sameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((entry, i) => entry === b[i])

/** What is wrong with one application by itself. */
const checkApplication = (
  graph: GraphModuleOf,
  rules: readonly KnownRule[],
  { rule: name, positions, inputs }: Application,
): string | undefined => {
  const known = rules.find(({ rule }) => rule.name === name) as KnownRule
  const match = listMatches(graph, known).find(
    (other) => sameList(other.calls, positions) && sameList(other.inputs, inputs),
  )
  if (match === undefined) return `no match: ${name} at calls ${positions.join(', ')}`
  const wrong = illegality(graph, match)
  if (wrong !== undefined) return `illegal, ${wrong}: ${describe(graph, known, match)}`
  return wouldApply(graph, known, match) ? undefined : `refused: ${describe(graph, known, match)}`
}

/** Calls that a plan takes twice, and modules that it replaces though somebody needs them as they were. */
const checkTogether = (
  graph: GraphModuleOf,
  rules: readonly KnownRule[],
  applications: readonly Application[],
): string[] => {
  const constants = new Set(
    rules.flatMap((known) => listMatches(graph, known)).flatMap((match) => match.constants),
  )
  const taken = applications.flatMap(({ positions }) => positions.filter((call) => !constants.has(call)))
  const twice = taken.filter((call, i) => taken.indexOf(call) !== i)
  const stillCalled = (path: string): boolean =>
    graph.attrs.calls.some((call: Call, position) => call.target === path && !taken.includes(position))
  const overwritten = applications.filter(({ path }) => graph.children.has(path) && stillCalled(path))
  const different = applications.filter(({ path, replacement }) =>
    applications.some((other) => other.path === path && other.replacement !== replacement),
  )
  return [
    ...twice.map((call) => `taken twice: call ${call}`),
    ...overwritten.map(({ path }) => `replaced while somebody calls it: ${path}`),
    ...different.map(({ path }) => `two different modules at ${path}`),
  ]
}

/** What is wrong with what the engine plans for a graph. */
export const planProblems = (graph: GraphModuleOf, rules: readonly KnownRule[]): string[] => {
  const { applications } = plan(
    graph,
    rules.map(({ rule }) => rule),
  )
  return [
    ...applications.flatMap((application) => checkApplication(graph, rules, application) ?? []),
    ...checkTogether(graph, rules, applications),
  ].map((problem) => withGraph(problem, graph))
}
