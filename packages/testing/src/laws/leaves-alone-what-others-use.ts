import { type Call, GraphModule, type GraphModuleOf, uniqueNames, withTraining } from '@nnfuse/ir'
import type { Application } from '@nnfuse/matcher'
import { compareOutputs } from '../compare-outputs.js'
import { copyOf } from '../copy-of.js'
import type { Law, Trial, Violation } from '../law.js'
import { settle } from '../settle.js'

/*
 * The same model in company: what flows between the matched layers is an output of the model as well, or one of them is
 * called a second time. Whatever the rule does then, all outputs must stay what they were.
 */

interface Variant {
  readonly graph: GraphModuleOf
  readonly company: string
}

const withOutputs = (
  graph: GraphModuleOf,
  calls: readonly Call[],
  more: readonly string[],
): GraphModuleOf => {
  const { inputs, outputs, types } = graph.attrs
  const company = GraphModule(graph.children, { inputs, calls, outputs: [...outputs, ...more], types })
  return withTraining(company, graph.training)
}

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
    }
  })

const inCompany = async (
  { rule, inputs, settings }: Trial,
  { graph, company }: Variant,
): Promise<Violation | undefined> => {
  const settled = settle(settings.engine, rule, graph)
  const violation = await compareOutputs(settled.graph, settled.result, { inputs, ...settings })
  return violation && { ...violation, problem: `where ${company}, ${violation.problem}` }
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
