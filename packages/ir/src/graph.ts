import { badGraph } from './errors.js'
import type { ValueType } from './value-type.js'

/** Names one value of a graph. Values of an imported file keep the file's names. */
export type ValueId = string

/** One use of a module: `outputs = target(inputs)`. */
export interface Call {
  /** Path of the module below the graph: `layer1.0.conv1`. Two calls may share a target. */
  readonly target: string
  readonly inputs: readonly ValueId[]
  readonly outputs: readonly ValueId[]
}

/** A dataflow graph over modules: every value has one producer, and calls stand in an order that can be run. */
export interface Graph {
  readonly inputs: readonly ValueId[]
  readonly calls: readonly Call[]
  readonly outputs: readonly ValueId[]
  /** What is known of values, the inputs above all; may be empty. */
  readonly types: ReadonlyMap<ValueId, ValueType>
}

/** Who makes and who uses each value of a graph; positions are indices into `graph.calls`. */
export interface GraphIndex {
  /** Position of the call that makes a value; absent for graph inputs. */
  readonly producer: ReadonlyMap<ValueId, number>
  /** Positions of the calls that use a value, one entry for each use (`y + y` uses y twice). */
  readonly users: ReadonlyMap<ValueId, readonly number[]>
  /** Positions of the calls of a target. */
  readonly callsOf: ReadonlyMap<string, readonly number[]>
  readonly isOutput: ReadonlySet<ValueId>
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

export const indexGraph = (graph: Graph): GraphIndex => {
  const producer = new Map<ValueId, number>()
  const users = new Map<ValueId, number[]>()
  const callsOf = new Map<string, number[]>()
  for (const [position, call] of graph.calls.entries()) {
    push(callsOf, call.target, position)
    for (const input of call.inputs) push(users, input, position)
    for (const output of call.outputs) producer.set(output, position)
  }
  return { producer, users, callsOf, isOutput: new Set(graph.outputs) }
}

/**
 * Checks that every value is made once and before it is used.
 *
 * @throws NnfuseError `BAD_GRAPH` naming the value and the call.
 */
export const checkGraph = (graph: Graph, hasTarget: (target: string) => boolean): void => {
  const known = new Set<ValueId>()
  const define = (value: ValueId, by: string): void => {
    if (known.has(value)) throw badGraph(`value "${value}" is made twice, the second time by ${by}`, by)
    known.add(value)
  }
  for (const input of graph.inputs) define(input, 'the graph inputs')
  for (const { target, inputs, outputs } of graph.calls) {
    if (!hasTarget(target)) throw badGraph(`a call names "${target}", which the graph does not hold`, target)
    for (const input of inputs) {
      if (!known.has(input))
        throw badGraph(`"${target}" uses value "${input}" before anything makes it`, target)
    }
    for (const output of outputs) define(output, `"${target}"`)
  }
  for (const output of graph.outputs) {
    if (!known.has(output)) throw badGraph(`nothing makes the output "${output}"`)
  }
}
