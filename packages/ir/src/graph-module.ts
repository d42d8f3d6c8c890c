import { badGraph } from './errors.js'
import type { Call, ValueId } from './graph.js'
import { GraphModule, type GraphModuleOf } from './kinds/containers.js'
import type { AnyModule } from './module.js'
import { uniqueNames } from './unique-names.js'
import type { ValueType } from './value-type.js'

/** A value while a graph is being recorded: it can only be passed to modules. */
export interface Symbolic {
  readonly value: ValueId
}

type Callable<C> = { readonly [K in keyof C]: (...inputs: readonly Symbolic[]) => Symbolic }

/** What {@link graphModule} can be told about the inputs of its graph. */
export interface GraphModuleOptions {
  /** Names and, where known, types of the graph's inputs, in order. Without it they are `x`, `x_1`, ... of unknown type. */
  readonly inputs?: Readonly<Record<string, ValueType | null>>
}

/**
 * Builds a graph by running a function once on symbolic values and recording which modules it calls.
 *
 * @example
 * ```ts
 * const block = graphModule({ conv, bn, relu: ReLU(), add: Add() }, (m, x) => m.relu(m.add(m.bn(m.conv(x)), x)))
 * ```
 * @throws NnfuseError `BAD_GRAPH` where the function returns something that is no value of the graph.
 */
export const graphModule = <C extends Readonly<Record<string, AnyModule>>>(
  children: C,
  build: (modules: Callable<C>, ...inputs: Symbolic[]) => Symbolic | readonly Symbolic[],
  options: GraphModuleOptions = {},
): GraphModuleOf => {
  const unique = uniqueNames()
  const calls: Call[] = []
  const given = Object.entries(options.inputs ?? {})
  const names = given.length > 0 ? given.map(([name]) => unique(name)) : inputNames(build.length - 1, unique)
  const record =
    (target: string) =>
    (...inputs: readonly Symbolic[]): Symbolic => {
      const output = unique(target)
      calls.push({ target, inputs: inputs.map((input) => input.value), outputs: [output] })
      return { value: output }
    }
  const modules = Object.fromEntries(Object.keys(children).map((name) => [name, record(name)])) as Callable<C>
  const result = build(modules, ...names.map((value) => ({ value })))
  return GraphModule(new Map(Object.entries(children)), {
    inputs: names,
    calls,
    outputs: outputNames(result),
    types: new Map(given.flatMap(([name, type]) => (type === null ? [] : [[name, type]]))),
  })
}

const inputNames = (count: number, unique: (name: string) => string): string[] =>
  Array.from({ length: count }, () => unique('x'))

const outputNames = (result: Symbolic | readonly Symbolic[]): ValueId[] => {
  const outputs = Array.isArray(result) ? result : [result]
  return outputs.map((output: Symbolic | undefined) => {
    if (typeof output?.value === 'string') return output.value
    throw badGraph(
      'graphModule: the function must return a value that a module gave it, or an array of such values',
    )
  })
}
