import { type Call, GraphModule, type GraphModuleOf, uniqueNames, withTraining } from '@nnfuse/ir'
import type { Application } from '@nnfuse/matcher'
import { compareOutputs } from '../compare-outputs.js'
import { copyOf } from '../copy-of.js'
import type { Law, Trial, Violation } from '../law.js'
import { settle } from '../settle.js'

/*
 * The same model in company: what flows between the matched layers is an output of the model as well, or one of them is
 * called a second time. Whatever the rule does then, what the company gets must stay what it was.
 */

interface Variant {
  readonly graph: GraphModuleOf
  readonly company: string
  /** How many outputs the company has: the last ones. */
  readonly outputs: number
}

const withGraph = (
  graph: GraphModuleOf,
  calls: readonly Call[],
  outputs: readonly string[],
): GraphModuleOf => {
  const { inputs, types } = graph.attrs
  return withTraining(GraphModule(graph.children, { inputs, calls, outputs, types }), graph.training)
}

const withOutputs = (graph: GraphModuleOf, calls: readonly Call[], more: readonly string[]): GraphModuleOf =>
  withGraph(graph, calls, [...graph.attrs.outputs, ...more])

/** What the match itself gives is compared by another law. */
const lastOutputs = (graph: GraphModuleOf, count: number): GraphModuleOf =>
  withGraph(graph, graph.attrs.calls, graph.attrs.outputs.slice(-count))

const callAt = ({ attrs }: GraphModuleOf, position: number): Call => attrs.calls[position] as Call

/** What each matched layer but the last gives becomes an output, one at a time. */
const withInnerOutputs = (graph: GraphModuleOf, { positions }: Application): Variant[] =>
  positions
    .slice(0, -1)
    .flatMap((position) => callAt(graph, position).outputs)
    .filter((value) => !graph.attrs.outputs.includes(value))
    .map((value) => ({
      graph: withOutputs(graph, graph.attrs.calls, [value]),
      company: `"${value}" is an output of the model as well`,
      outputs: 1,
    }))

const allValues = ({ attrs: { inputs, calls } }: GraphModuleOf): string[] => [
  ...inputs,
  ...calls.flatMap(({ outputs }) => outputs),
]

/** Each matched layer is called again on the same inputs, one at a time. */
const withSecondCalls = (graph: GraphModuleOf, { positions }: Application): Variant[] =>
  positions.map((position) => {
    const call = callAt(graph, position)
    const unique = uniqueNames(allValues(graph))
    const again = { ...call, outputs: call.outputs.map((value) => unique(value)) }
    return {
      graph: withOutputs(graph, [...graph.attrs.calls, again], again.outputs),
      company: `"${call.target}" is called a second time`,
      outputs: again.outputs.length,
    }
  })

const inCompany = async (
  { rule, inputs, settings }: Trial,
  { graph, company, outputs }: Variant,
): Promise<Violation | undefined> => {
  const settled = settle(settings.engine, rule, graph)
  const [before, after] = [settled.graph, settled.result].map((whole) => lastOutputs(whole, outputs))
  const violation = await compareOutputs(before as GraphModuleOf, after as GraphModuleOf, {
    inputs,
    ...settings,
  })
  return violation && { ...violation, problem: `where ${company}, of what others get, ${violation.problem}` }
}

/** A layer or a value that somebody else uses too is not taken away or changed under them. */
export const leavesAloneWhatOthersUse: Law = {
  name: 'leaves alone what others use',
  check: async (trial) => {
    const { graph, plans } = settle(trial.settings.engine, trial.rule, copyOf(trial.model))
    const [application] = plans[0].applications
    if (application === undefined) return undefined
    for (const variant of [...withInnerOutputs(graph, application), ...withSecondCalls(graph, application)]) {
      const violation = await inCompany(trial, variant)
      if (violation !== undefined) return violation
    }
    return undefined
  },
}
