import { badGraph } from './errors.js'
import type { Graph, ValueId } from './graph.js'
import { indexGraph } from './graph-index.js'

/** The value that is made more than once. Only called where there is one. */
const throwDuplicate = ({ inputs, calls }: Graph): never => {
  const known = new Set<ValueId>()
  const define = (value: ValueId, by: string): void => {
    if (known.has(value)) throw badGraph(`value "${value}" is made twice, the second time by ${by}`, by)
    known.add(value)
  }
  for (const input of inputs) define(input, 'the graph inputs')
  for (const { target, outputs } of calls) for (const output of outputs) define(output, `"${target}"`)
  throw badGraph('a value is made twice')
}

/**
 * Checks that every value is made once and before it is used.
 *
 * @throws NnfuseError `BAD_GRAPH` naming the value and the call.
 */
export const checkGraph = (graph: Graph, hasTarget: (target: string) => boolean): void => {
  const index = indexGraph(graph)
  if (index.hasDuplicates) throwDuplicate(graph)
  for (let position = 0; position < graph.calls.length; position += 1) {
    const { target, inputs } = graph.calls[position] as Graph['calls'][number]
    if (!hasTarget(target)) throw badGraph(`a call names "${target}", which the graph does not hold`, target)
    for (let input = 0; input < inputs.length; input += 1) {
      if (!index.isKnownAt(position, input))
        throw badGraph(`"${target}" uses value "${inputs[input]}" before anything makes it`, target)
    }
  }
  for (const output of graph.outputs) {
    if (!index.isKnown(output)) throw badGraph(`nothing makes the output "${output}"`)
  }
}
