import type { Call, GraphModuleOf, ValueId } from '@nnfuse/ir'
import { type BruteMatch, moduleAt } from './list-matches.js'

/*
 * When calls may become one, from first principles: every value that somebody else reads is still made, and made from
 * what is there by then.
 */

/** Positions of the calls that read a value. */
const readersOf = ({ attrs }: GraphModuleOf, value: ValueId): number[] =>
  [...attrs.calls.keys()].filter((position) => attrs.calls[position]?.inputs.includes(value))

const makerOf = ({ attrs }: GraphModuleOf, value: ValueId): number =>
  attrs.calls.findIndex(({ outputs }) => outputs.includes(value))

const takenBy = ({ calls, constants }: BruteMatch): number[] =>
  calls.filter((call) => !constants.includes(call))

const valuesMadeBy = ({ attrs }: GraphModuleOf, position: number): readonly ValueId[] =>
  (attrs.calls[position] as Call).outputs

/** A value that disappears and that somebody outside reads. */
const losesValue = (graph: GraphModuleOf, match: BruteMatch): boolean => {
  const taken = takenBy(match)
  const disappearing = taken
    .filter((position) => !match.outputs.includes(position))
    .flatMap((position) => valuesMadeBy(graph, position))
  return disappearing.some(
    (value) =>
      graph.attrs.outputs.includes(value) ||
      readersOf(graph, value).some((reader) => !taken.includes(reader)),
  )
}

const readsItself = (graph: GraphModuleOf, match: BruteMatch): boolean =>
  match.inputs.some((value) => takenBy(match).includes(makerOf(graph, value)))

/** Somebody reads an output before all inputs are there. Calls keep their order, so one output is always in time. */
const isTooLate = (graph: GraphModuleOf, match: BruteMatch): boolean => {
  if (match.outputs.length === 1) return false
  const taken = takenBy(match)
  const readers = match.outputs
    .flatMap((position) => valuesMadeBy(graph, position))
    .flatMap((value) => readersOf(graph, value))
    .filter((reader) => !taken.includes(reader))
  const ready = Math.max(-1, ...match.inputs.map((value) => makerOf(graph, value)))
  return readers.some((reader) => reader <= ready)
}

/** Copies of a layer that trains would learn different things. */
const copiesTraining = (graph: GraphModuleOf, match: BruteMatch): boolean =>
  takenBy(match).some((position) => {
    const module = moduleAt(graph, position)
    const { target } = graph.attrs.calls[position] as Call
    const uses = graph.attrs.calls.filter((call) => call.target === target).length
    return module.training && module.definition.parameters.size > 0 && uses > 1
  })

/** What is wrong with a match; undefined where it is legal. */
export const illegality = (graph: GraphModuleOf, match: BruteMatch): string | undefined => {
  if (losesValue(graph, match)) return 'somebody else reads an inner value'
  if (readsItself(graph, match)) return 'an input is made inside'
  if (isTooLate(graph, match)) return 'an output is needed before the inputs are there'
  return copiesTraining(graph, match) ? 'a layer in training mode is called from several places' : undefined
}
