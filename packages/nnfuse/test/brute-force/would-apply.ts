import {
  type AnyModule,
  type Call,
  type GraphModuleOf,
  type Hooks,
  hasHooks,
  inferTypes,
  unknownType,
  type ValueId,
  walk,
  withHooks,
} from '@nnfuse/ir'
import { decline, isDeclined, type MatchContext } from '@nnfuse/matcher'
import type { KnownRule } from './known-rule.js'
import { type BruteMatch, moduleAt } from './list-matches.js'

const sameValues = (a: readonly ValueId[], b: readonly ValueId[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])

/**
 * Hooks before the first layer and behind the last may stay where they are, around the whole: where the first alone is
 * given what the whole is given, and the last alone gives what the whole gives.
 */
const innerHooks = (graph: GraphModuleOf, match: BruteMatch, i: number): Hooks => {
  const position = match.calls[i] as number
  const { hooks } = moduleAt(graph, position)
  const readers = match.calls.filter((call) =>
    graph.attrs.calls[call]?.inputs.some((value) => match.inputs.includes(value)),
  )
  const isFirst =
    i === 0 &&
    readers.every((reader) => reader === position) &&
    sameValues((graph.attrs.calls[position] as Call).inputs, match.inputs)
  const isLast = match.outputs.every((output) => output === position)
  return { forwardPre: isFirst ? [] : hooks.forwardPre, forward: isLast ? [] : hooks.forward }
}

const contextOf = (
  graph: GraphModuleOf,
  match: BruteMatch,
  modules: readonly AnyModule[],
  types: ReturnType<typeof inferTypes>,
): MatchContext => {
  const typeOf = (value: ValueId | undefined) => types.get(value ?? '') ?? unknownType
  return {
    modules,
    paths: match.calls.map((call) => (graph.attrs.calls[call] as Call).target),
    captures: Object.fromEntries([...match.captures].map(([name, i]) => [name, modules[i]])),
    outputType: (i) => typeOf(graph.attrs.calls[match.calls[i] as number]?.outputs[0]),
    typeOf: (name) => typeOf(match.values.get(name)),
    inputType: (i) => typeOf(match.inputs[i]),
    asked: false,
    decline,
  }
}

/** Whether a rule's own conditions and its rewrite agree to a match, and no hook is lost by it. */
export const wouldApply = (graph: GraphModuleOf, { rule }: KnownRule, match: BruteMatch): boolean => {
  const modules = match.calls.map((call, i) => withHooks(moduleAt(graph, call), innerHooks(graph, match, i)))
  const cx = contextOf(graph, match, modules, inferTypes(graph))
  if (rule.guards.some((guard) => guard(cx) !== true)) return false
  const made = rule.rewrite(cx)
  if (isDeclined(made)) return false
  const kept = [...walk(made)].map(({ module }) => module)
  return modules.every((module) => !hasHooks(module.hooks) || kept.includes(module))
}
